import { adjacent, fieldFinder, parseVariables } from '../../../logs/format.ts'
import { jsonFinder, keysOf } from '../../../logs/json.ts'
import { Failure } from '../../failure.ts'
import type { LogFormat } from './entry.ts'
import { type Chosen, fieldsOf, newSpans, type Role, requestReader } from './request.ts'

/** The variables for each role, the best first. */
const variables: Readonly<Partial<Record<Role, readonly string[]>>> = {
  connection: ['connection'],
  number: ['connection_requests'],
  address: ['realip_remote_addr', 'remote_addr'],
  port: ['realip_remote_port', 'remote_port'],
  time: ['msec', 'time_iso8601', 'time_local'],
  duration: ['request_time'],
  kept: ['sent_http_connection'],
  protocol: ['server_protocol'],
  request: ['request'],
}

/**
 * A reader of the lines of an nginx `log_format`.
 *
 * @param whole - whether a line must match to its end.
 * @throws Failure where a variable is missing without which idle intervals are unknown.
 */
export function nginxFormat(text: string, whole = false): LogFormat {
  const format = parseVariables(text)
  const chosen = choose(format.parts.map(({ field }) => field))
  const both = adjacent(format)
  if (both)
    throw new Failure(`the log format has nothing between $${both[0]} and $${both[1]}`, 'put a space there')
  const spans = newSpans()
  const fields = fieldsOf(chosen)
  const keys = keysOf(format, fields)
  const find = keys ? jsonFinder(keys, spans) : fieldFinder(format, fields, spans, spacesIn, whole)
  const isNumbered = chosen.number !== undefined
  return {
    kind: 'nginx',
    text,
    read: requestReader(find, spans, {
      timeUnit: 1000,
      durationUnit: 1000,
      atEnd: true,
      ...(isNumbered && { firstNumber: 1 as const }),
    }),
    gapError: chosen.time === 'msec' ? 1 : 1000,
    isNumbered,
  }
}

/** @throws Failure where a variable is missing. */
function choose(fields: readonly string[]): Chosen {
  const chosen: Chosen = Object.fromEntries(
    Object.entries(variables).flatMap(([role, names]) => {
      const field = names.find((name) => fields.includes(name))
      return field === undefined ? [] : [[role, field]]
    }),
  )
  const { connection, address, port, time, duration } = chosen
  const missing = [
    ...((connection ?? (address && port)) ? [] : ['$connection', '$connection_requests']),
    ...(time === undefined ? ['$msec'] : []),
    ...(duration === undefined ? ['$request_time'] : []),
  ]
  if (missing.length > 0)
    throw new Failure(
      `the log format has no ${missing.join(', ')}`,
      `add ${missing.join(' ')} to log_format in nginx`,
    )
  return chosen
}

/** A date contains spaces, and the times of several upstream servers are a list. */
function spacesIn(field: string): number {
  if (field === 'time_local') return 1
  return field.startsWith('upstream_') ? -1 : 0
}
