import { failureAt, type LineReading, type LogReader, requestOf, statusOf } from '../failure.ts'
import { addressesOfGo, symptomOfGo } from './error-words.ts'
import { parseObject, textOf } from './json-line.ts'

/**
 * Traefik's access log as JSON. A 502 of Traefik's own looks as one of the server: only Traefik's log at level DEBUG has the
 * cause.
 */
export const traefikAccess = (): LogReader => ({
  kind: 'traefik',
  name: 'access log',
  zoned: true,
  exactWith: "Traefik's own log at level DEBUG in place of the access log",
  read(line): LineReading {
    const fields = parseObject(line)
    if (!fields || !('DownstreamStatus' in fields && 'StartUTC' in fields)) return 'bad'
    const status = statusOf(textOf(fields.DownstreamStatus))
    if (status < 500) return 'ok'
    const time = Date.parse(textOf(fields.StartUTC)) + Number(fields.Duration ?? 0) / 1e6
    return failureAt(time, 2, {
      symptom: status === 504 ? 'response-timeout' : 'unclear',
      status,
      request: requestOf(`${textOf(fields.RequestMethod)} ${textOf(fields.RequestPath)}`),
      target: textOf(fields.ServiceAddr),
    })
  },
})

/** Version 3 prints `502 Bad Gateway error=EOF`, version 2 `'502 Bad Gateway' caused by: EOF`; each also as JSON. */
const words = /'?(\d{3}) [A-Z][A-Za-z ]+'?(?: caused by: | error=)(.*)$/
const time = /(?:^|time=")(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))/

/** Traefik's own log, at level DEBUG. */
export const traefikLog = (): LogReader => ({
  kind: 'traefik',
  name: 'log at level DEBUG',
  zoned: true,
  read(line): LineReading {
    const fields = parseObject(line)
    if (fields) {
      const at = Date.parse(textOf(fields.time))
      if (!('level' in fields) || Number.isNaN(at)) return 'bad'
      const message = textOf(fields.message) || textOf(fields.msg)
      const error = textOf(fields.error)
      return failed(at, error === '' ? message : `${message} error=${error}`)
    }
    const [, text] = time.exec(line) ?? []
    if (text === undefined || !/\blevel=\w+|\b(?:DBG|INF|WRN|ERR|TRC)\b/.test(line)) return 'bad'
    return failed(Date.parse(text), line.replace(/"\s*$/, ''), /\.\d/.test(text) ? 1 : 1_000)
  },
})

function failed(at: number, text: string, precision = 1_000): LineReading {
  const [, code, cause] = words.exec(text) ?? []
  if (cause === undefined || !/^5/.test(code!)) return 'other'
  const error = cause.replace(/^"|"$/g, '')
  const symptom = symptomOfGo(error)
  if (symptom === undefined) return 'ok'
  return failureAt(at, precision, { symptom, status: statusOf(code), ...addressesOfGo(error) })
}
