import { KeepAliveError } from '../errors.ts'
import { readList } from '../policy/read.ts'
import { mergeRows } from './merge.ts'
import type { OutgoingRow, OutgoingSnapshot } from './snapshot.ts'

/** More series than that are no metric any more. */
const most = 1_000

/** What the origins that are not listed are called together. */
export const otherOrigins = 'other'

/** The listed origins, each with its row, and all others in one. An origin that has not been seen has a row of zeros. */
export function pickOrigins(
  { origins, other }: OutgoingSnapshot,
  listed: readonly string[],
): { readonly name: string; readonly row: OutgoingRow }[] {
  const known = new Map(origins.map((row) => [row.origin, row]))
  const rows = listed.map((name) => ({ name, row: known.get(name) ?? mergeRows(name, []) }))
  const rest = origins.filter(({ origin }) => !listed.includes(origin!))
  return [...rows, { name: otherOrigins, row: mergeRows(null, [...rest, other]) }]
}

/**
 * The origins of an option, as the tracker names them: `https://api.example.com`.
 *
 * @param option - its name.
 * @throws KeepAliveError `ERR_KEEPALIVE_OPTION_TYPE`.
 */
export function readOrigins(option: string, given: unknown): string[] {
  if (given === undefined) return []
  const list = readList(option, given, most)
  const wrong = list === undefined ? given : list.find((each) => originIn(each) === undefined)
  if (list !== undefined && wrong === undefined) return [...new Set(list.map((each) => originIn(each)!))]
  throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    option,
    rule: 'must be a list of origins',
    value: wrong,
    remedy: "Give them as in ['https://api.example.com', 'http://10.0.0.7:8080']",
  })
}

/** As a browser writes it, without path and default port; `unix:/path` as it is. */
function originIn(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined
  if (given.startsWith('unix:/')) return given
  const { protocol, origin } = parse(given) ?? {}
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
