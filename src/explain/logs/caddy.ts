import { failureAt, type LineReading, type LogReader, requestOf, type Symptom, statusOf } from '../failure.ts'
import { addressesOfGo, symptomOfGo } from './error-words.ts'
import { type Fields, isFields, parseObject, textOf } from './json-line.ts'

/** Requests of which an error line has just told. */
const remembered = 1_000

/**
 * Caddy's JSON: its errors (`http.log.error`, `http.handlers.reverse_proxy`) and its access log, in one file or apart. An
 * access line repeats the error line before it.
 */
export function caddyLog(): LogReader {
  const told = new Set<string>()
  const tell = (key: string): void => {
    if (told.size >= remembered) told.delete(told.values().next().value!)
    told.add(key)
  }
  return {
    kind: 'caddy',
    name: 'JSON',
    zoned: true,
    read(line): LineReading {
      const fields = parseObject(line)
      const time = fields ? timeOf(fields.ts) : Number.NaN
      if (!fields || !('level' in fields) || !('msg' in fields) || Number.isNaN(time)) return 'bad'
      const { request, msg, logger } = fields
      const words = textOf(msg)
      if (words === 'aborting with incomplete response') return cut(time, textOf(fields.error))
      if (!isFields(request)) return 'other'
      const name = textOf(logger)
      const key = `${textOf(request.remote_port)} ${textOf(fields.duration)} ${textOf(request.uri)}`
      if (name.startsWith('http.log.error')) {
        tell(key)
        return failed(time, fields, request, symptomOfGo(words), words)
      }
      if (words !== 'handled request') return 'other'
      const status = Number(fields.status)
      if (status < 500 || told.delete(key)) return 'ok'
      return failed(time, fields, request, answeredBy(fields), '')
    },
  }
}

function failed(
  time: number,
  { status }: Fields,
  { method, uri }: Fields,
  symptom: Symptom | undefined,
  words: string,
): LineReading {
  if (symptom === undefined) return 'ok'
  const code = statusOf(textOf(status))
  // Other handlers have errors too, such as 404.
  if (code > 0 && code < 500) return 'ok'
  const request = requestOf(`${textOf(method)} ${textOf(uri)}`)
  return failureAt(time, 2, { symptom, status: code, request, ...addressesOfGo(words) })
}

/** The response had begun. */
function cut(time: number, words: string): LineReading {
  const symptom = symptomOfGo(words)
  if (symptom === undefined) return 'ok'
  return failureAt(time, 2, { symptom: symptom === 'closed' ? 'cut' : symptom, ...addressesOfGo(words) })
}

/** An access line alone: a response of Caddy's own has none of the server's headers. */
function answeredBy({ resp_headers: headers }: Fields): Symptom {
  const others = isFields(headers)
    ? Object.keys(headers).filter((name) => !/^(?:Server|Alt-Svc|Via)$/.test(name))
    : []
  return others.length > 0 ? 'answered' : 'unclear'
}

/** Seconds, or a text where the encoder is told so. */
function timeOf(value: unknown): number {
  if (typeof value === 'number') return value > 1e11 ? value : value * 1_000
  return typeof value === 'string' ? Date.parse(value) : Number.NaN
}
