import { dateAt } from '../../logs/dates.ts'
import {
  failureAt,
  type LineReading,
  type LogReader,
  portOf,
  requestOf,
  type Symptom,
  statusOf,
} from '../failure.ts'

/** HAProxy's `option httplog`; what a log-format has behind it may be `%bi:%bp` and `%si:%sp`. syslog's own words may stand before. */
const line =
  /(?:^|\s)\S+:\d+ \[([^\]]{20,40})\] \S+ (\S+)\/(\S+) (?:\+?-?\d+\/){4}(\+?\d+) (-?\d+) \+?\d+ \S+ \S+ (\S{4}) \d+\/\d+\/\d+\/\d+\/\+?\d+ \d+\/\d+ (?:\{[^}]*\} )*"(.*?)"(?: (.*))?$/

/** The first two characters of the termination state: who ended the session, and when. */
function symptomOf(state: string, server: string, status: number): Symptom | undefined {
  const who = state[0]!
  const when = state[1]!
  if (who === 'S' || who === 's') {
    if (server === '<NOSRV>' || when === 'Q') return 'no-server'
    if (when === 'C') return who === 'S' ? 'refused' : 'connect-timeout'
    if (when === 'H' || when === 'R') return who === 'S' ? 'closed' : 'response-timeout'
    return who === 'S' ? 'cut' : 'response-timeout'
  }
  if (who === 'P' && when === 'H') return 'bad-response'
  if (who === 'D') return 'no-server'
  return who === '-' && when === '-' && status >= 500 ? 'answered' : undefined
}

/** The first `address:port` is the proxy's side, `%bi:%bp`; the second the server's, `%si:%sp`. */
function sides(text: string): readonly [port: number, target: string] {
  const [own, other] = text.match(/(?<=^|\s)(?:[\d.]+|[\da-f:]*:[\da-f:.]+|-):(?:\d{1,5}|-)(?=\s|$)/gi) ?? []
  return [
    portOf(own?.slice(own.lastIndexOf(':') + 1)),
    other === undefined || other.startsWith('-') ? '' : other,
  ]
}

export const haproxyLog = (): LogReader => ({
  kind: 'haproxy',
  name: 'option httplog',
  zoned: false,
  exactWith: '%bi:%bp %si:%sp at the end of log-format',
  read(text): LineReading {
    const found = line.exec(text)
    if (!found) return notRequest.test(text) ? 'other' : 'bad'
    const [, date = '', , server = '', total = '', code, state = '', request = '', rest = ''] = found
    const status = statusOf(code)
    const symptom = symptomOf(state, server, status)
    // An upgraded connection ends as the server likes.
    if (symptom === undefined || request === '<BADREQ>' || status === 101) return 'ok'
    const [port, target] = sides(rest)
    // The date is that of the request; the time is all that it took.
    const time = dateAt(date, 0, date.length) + Number(total.replace('+', ''))
    return failureAt(time, 2, { symptom, status, request: requestOf(request), port, target })
  },
})

/** What HAProxy says of itself beside its requests, and its log of TCP and of failed handshakes. */
const notRequest =
  /^\[(?:NOTICE|WARNING|ALERT)\]|\[\d\d\/\w{3}\/\d{4}:[\d:.]+\] \S+: |(?:Proxy|Server|backend) \S+.* (?:is (?:UP|DOWN)|started|stopped)|has no server available/
