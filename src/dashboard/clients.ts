import { isHealthChecker, opensForEach } from '../doctor/traffic/clients.ts'
import type { ClientRow, Snapshot } from '../stats/snapshot.ts'
import {
  type ClientKind,
  type ClientLine,
  type ClientSort,
  type ClientsAnswer,
  clientKinds,
  clientSorts,
  pageSize,
} from './messages.ts'
import { pageOf, readOffset, readText } from './query.ts'

export interface ClientQuery {
  /** A part of the address. */
  readonly text: string
  /** `undefined`: any. */
  readonly kind: ClientKind | undefined
  readonly sort: ClientSort
  readonly descending: boolean
  readonly offset: number
}

/** What does not make sense in a query is left out of it. */
export function readClientQuery(params: URLSearchParams): ClientQuery {
  const sort = params.get('sort')
  const kind = params.get('kind')
  return {
    text: readText(params, 'text'),
    kind: clientKinds.find((name) => name === kind),
    sort: clientSorts.find((name) => name === sort) ?? 'connections',
    descending: params.get('order') !== 'up',
    offset: readOffset(params),
  }
}

const values: Readonly<Record<ClientSort, (row: ClientRow) => number>> = {
  connections: ({ connections }) => connections,
  requests: ({ requests }) => requests,
  reuse: ({ reused, requests }) => (requests === 0 ? 0 : reused / requests),
  lastSeen: ({ lastSeen }) => lastSeen,
}

const kinds: Readonly<Record<ClientKind, (row: ClientRow) => boolean>> = {
  neverReuses: opensForEach,
  checksHealth: isHealthChecker,
}

/** The client rows that a query asks for. */
export function clientLines({ rows, other }: Snapshot['clients'], query: ClientQuery): ClientsAnswer {
  const { text, kind, sort, descending } = query
  const value = values[sort]
  const sign = descending ? -1 : 1
  const found = rows.filter(
    (row) => (text === '' || row.address?.includes(text)) && (kind === undefined || kinds[kind](row)),
  )
  const offset = pageOf(query.offset, found.length, pageSize)
  const lines = found
    .sort((a, b) => sign * (value(a) - value(b)))
    .slice(offset, offset + pageSize)
    .map(
      (row): ClientLine => ({
        ...row,
        neverReuses: opensForEach(row),
        checksHealth: isHealthChecker(row),
      }),
    )
  return { total: rows.length, matching: found.length, offset, rows: lines, other }
}
