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
import { type Fields, parseObject, textOf } from './json-line.ts'

/** The parts that both the text and the JSON have. */
interface Parts {
  readonly date: string
  readonly duration: string
  readonly request: string
  readonly code: string
  readonly flags: string
  /** Details and the transport's failure, as one text. */
  readonly why: string
  readonly host: string
  readonly local: string
}

/** docs/explain.md#envoy has the response flags. */
function symptomOf(flags: readonly string[], why: string, status: number): Symptom | undefined {
  const has = (...any: readonly string[]): boolean => any.some((flag) => flags.includes(flag))
  if (has('DC', 'DPE')) return undefined
  if (has('UH', 'UO', 'NC', 'NoHealthyUpstream', 'UpstreamOverflow')) return 'no-server'
  if (has('UF') || why.includes('connection_failure')) return connecting(why)
  if (has('UT', 'SI', 'UMSDR')) return 'response-timeout'
  if (has('UPE')) return 'bad-response'
  if (has('UC', 'UR') || why.includes('connection_termination') || why.includes('remote_reset'))
    return status >= 500 || status === 0 ? 'closed' : 'cut'
  if (status < 500) return undefined
  const isOwn = why.includes('via_upstream') || (why === '' && (flags.length === 0 || flags[0] === '-'))
  return isOwn ? 'answered' : 'unclear'
}

function connecting(why: string): Symptom {
  if (/111|refused/.test(why)) return 'refused'
  if (/timeout/.test(why)) return 'connect-timeout'
  return /TLS|SSL|CERTIFICATE/i.test(why) ? 'tls' : 'unreachable'
}

function readParts({ date, duration, request, code, flags, why, host, local }: Parts): LineReading {
  const status = statusOf(code)
  // An upgraded connection ends as the server likes.
  if (status === 101) return 'ok'
  const symptom = symptomOf(flags.split(','), why.replace(/(?:^|\s)-(?=\s|$)/g, '').trim(), status)
  if (symptom === undefined) return 'ok'
  const time = dateAt(date, 0, date.length) + (Number(duration) || 0)
  return failureAt(time, 2, {
    symptom,
    status,
    request: requestOf(request),
    port: portOf(local.slice(local.lastIndexOf(':') + 1)),
    target: host === '-' ? '' : host,
  })
}

const exactWith = '%UPSTREAM_LOCAL_ADDRESS% in the format'

/** Istio's text, which has more than Envoy's own between flags and sizes, and the addresses at its end. */
const text =
  /^\[(\d{4}-\d\d-\d\dT[\d:.]+Z)\] "(.*?)" (\d{1,3}) (\S+) (?:(\S+) \S+ "([^"]*)" )?\d+ \d+ (\d+|-) \S+ "[^"]*" "(?:[^"\\]|\\.)*" "[^"]*" "[^"]*" "([^"]*)"(?: (.*))?$/

export const envoyText = (): LogReader => ({
  kind: 'envoy',
  name: "Envoy's and Istio's text",
  zoned: true,
  exactWith,
  read(line): LineReading {
    const found = text.exec(line)
    if (!found) return 'bad'
    const [
      ,
      date = '',
      request = '',
      code = '',
      flags = '',
      details,
      failure,
      duration = '',
      host = '',
      rest = '',
    ] = found
    // Istio: cluster, then the proxy's own address. Envoy's format with the address at its end has that alone.
    const words = rest.split(' ')
    const local = (details === undefined ? words[0] : words[1]) ?? ''
    return readParts({
      date,
      request,
      code,
      flags,
      why: `${details ?? ''} ${failure ?? ''}`,
      duration,
      host,
      local,
    })
  },
})

export const envoyJson = (): LogReader => ({
  kind: 'envoy',
  name: "Istio's JSON",
  zoned: true,
  exactWith,
  read(line): LineReading {
    const fields = parseObject(line)
    if (!fields) return 'bad'
    if (!('response_flags' in fields && 'start_time' in fields)) return 'bad'
    const of = (name: keyof Fields): string => textOf(fields[name])
    return readParts({
      date: of('start_time'),
      duration: of('duration'),
      request: `${of('method')} ${of('path')}`,
      code: of('response_code'),
      flags: of('response_flags'),
      why: `${of('response_code_details')} ${of('upstream_transport_failure_reason')}`,
      host: of('upstream_host'),
      local: of('upstream_local_address'),
    })
  },
})
