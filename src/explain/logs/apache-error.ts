import { failureAt, type LineReading, type LogReader, type Symptom } from '../failure.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const head =
  /^\[\w{3} (\w{3}) (\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))? (\d{4})\] \[(?:[\w-]*:)?(\w+)\] (?:\[pid [^\]]*\] )?/

/** The messages of mod_proxy that say that a request failed; others repeat these, or tell on the way. */
const messages: Readonly<Record<string, (words: string) => Symptom>> = {
  // error reading status line from remote server
  AH01102: (words) => (/^\(70007\)|timeout/.test(words) ? 'response-timeout' : 'closed'),
  // error reading response
  AH01110: (words) => (/^\(70007\)/.test(words) ? 'response-timeout' : 'cut'),
  // pass request body failed to
  AH01084: () => 'closed',
  AH01095: () => 'closed',
  // bad HTTP header returned
  AH01106: () => 'bad-response',
  // attempt to connect to … failed
  AH00957: connecting,
  AH02454: connecting,
  // disabled connection for: the worker is in the error state
  AH00940: () => 'no-server',
  AH01168: () => 'no-server',
  // DNS lookup failure
  AH00898: (words) => (/DNS lookup failure/.test(words) ? 'unreachable' : 'unclear'),
  AH01961: () => 'tls',
}

function connecting(words: string): Symptom {
  if (/^\((?:111|2|61|146)\)/.test(words)) return 'refused'
  return /^\((?:110|70007|60|145)\)/.test(words) ? 'connect-timeout' : 'unreachable'
}

/** Apache's error log, of mod_proxy. No level of it has the port towards the server, and most messages have no path. */
export const apacheError = (): LogReader => ({
  kind: 'apache',
  name: 'error log',
  zoned: false,
  read(line): LineReading {
    const found = head.exec(line)
    if (!found) return 'bad'
    const [, month, day, hours, minutes, seconds, fraction = '', year, level] = found
    if (level === 'debug' || level!.startsWith('trace')) return 'other'
    const text = line.slice(found[0].length)
    const [, code = ''] = /(AH\d{5}): /.exec(text) ?? []
    if (!Object.hasOwn(messages, code)) return 'other'
    // What another message has said already, but for a name that is not known.
    if (code === 'AH00898' && !text.includes('DNS lookup failure')) return 'other'
    const [, target = ''] =
      / (?:remote server|connect to|failed to|connection for) \(?([^\s()]+:\d+)\)?/.exec(text) ?? []
    const ms = Number(`0.${fraction || '0'}`) * 1_000
    const time = Date.UTC(
      Number(year),
      months.indexOf(month!),
      Number(day),
      Number(hours),
      Number(minutes),
      Number(seconds),
    )
    return failureAt(time + ms, fraction === '' ? 1_000 : 1, { symptom: messages[code]!(text), target })
  },
})
