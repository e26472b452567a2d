import { isHealthChecker, opensForEach } from '../doctor/traffic/clients.ts'
import type { ClientRow, Snapshot } from '../stats/snapshot.ts'
import { type ClientSort, type ClientsAnswer, clientSorts } from './messages.ts'

/** Rows of an answer at most. */
const mostRows = 100

export interface ClientQuery {
  readonly sort: ClientSort
  readonly descending: boolean
}

/** What does not make sense in a query is left out of it. */
export function readClientQuery(params: URLSearchParams): ClientQuery {
  const sort = params.get('sort')
  return {
    sort: clientSorts.find((name) => name === sort) ?? 'connections',
    descending: params.get('order') !== 'up',
  }
}

const values: Readonly<Record<ClientSort, (row: ClientRow) => number>> = {
  connections: ({ connections }) => connections,
  requests: ({ requests }) => requests,
  reuse: ({ reused, requests }) => (requests === 0 ? 0 : reused / requests),
  lastSeen: ({ lastSeen }) => lastSeen,
}

/** The client rows that a query asks for. */
export function clientLines(
  { rows, other }: Snapshot['clients'],
  { sort, descending }: ClientQuery,
): ClientsAnswer {
  const value = values[sort]
  const sign = descending ? -1 : 1
  const first = rows.toSorted((a, b) => sign * (value(a) - value(b))).slice(0, mostRows)
  const lines = first.map((row) => ({
    ...row,
    neverReuses: opensForEach(row),
    checksHealth: isHealthChecker(row),
  }))
  return { total: rows.length, rows: lines, other }
}
