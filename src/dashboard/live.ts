import { setImmediate as turn } from 'node:timers/promises'
import { clientAddress } from '../address.ts'
import type { ClosedConnection } from '../closed.ts'
import { infoOf, shownAddress } from '../connection/info.ts'
import type { ConnectionRecord } from '../connection/record.ts'
import type { Kit } from '../kit/kit.ts'
import {
  type ConnectionLine,
  type ConnectionSort,
  type ConnectionsAnswer,
  connectionSorts,
  pageSize,
  reach,
  type StateFilter,
  stateFilters,
} from './messages.ts'
import { pageOf, readOffset, readText } from './query.ts'
import type { RecentlyClosed } from './recently-closed.ts'
import { Top } from './top.ts'

/** Connections looked at before others get their turn of the loop: well below a millisecond's worth. */
const chunk = 2_000

export interface LiveQuery {
  /** `undefined`: any that is open. */
  readonly state: StateFilter | undefined
  /** A part of the address, or an id after `#`. */
  readonly text: string
  /** A client as the client table names it; '' for any. */
  readonly client: string
  readonly sort: ConnectionSort
  readonly descending: boolean
  readonly offset: number
}

/** What does not make sense in a query is left out of it. */
export function readLiveQuery(params: URLSearchParams): LiveQuery {
  const state = params.get('state')
  const sort = params.get('sort')
  return {
    state: stateFilters.find((name) => name === state),
    text: readText(params, 'text'),
    client: readText(params, 'client'),
    sort: connectionSorts.find((name) => name === sort) ?? 'age',
    descending: params.get('order') !== 'up',
    offset: readOffset(params),
  }
}

/** Of times, the moment: it does not pass while others are looked at, so a row is on one page. */
const values: Readonly<Record<ConnectionSort, (record: ConnectionRecord) => number>> = {
  id: (record) => record.id,
  age: (record) => -record.openedAt,
  idle: (record) => (record.state === 'idle' ? -record.waitsSince : Number.NEGATIVE_INFINITY),
  requests: (record) => record.requests,
  bytes: (record) => record.bytesRead() + record.bytesWritten(),
}

const valuesOfClosed: Readonly<Record<ConnectionSort, (closed: ClosedConnection) => number>> = {
  id: ({ id }) => id,
  age: ({ age }) => age,
  idle: ({ idleAtClose }) => idleAtClose,
  requests: ({ requests }) => requests,
  bytes: ({ bytesRead, bytesWritten }) => bytesRead + bytesWritten,
}

/** The connections that a query asks for. */
export async function liveConnections(
  kit: Kit,
  recent: RecentlyClosed,
  query: LiveQuery,
): Promise<ConnectionsAnswer> {
  if (query.state === 'closed') return closedConnections(recent.closed(), kit, query)
  if (query.state === 'lost') return closedConnections(recent.lost(), kit, query)
  return openConnections(kit, query)
}

/** It searches in slices, so that the event loop is never blocked for long. */
async function openConnections(kit: Kit, query: LiveQuery): Promise<ConnectionsAnswer> {
  const measure = values[query.sort]
  const most = Math.min(reach, query.offset + pageSize)
  const top = new Top<{ record: ConnectionRecord; value: number }>(most, (a, b) =>
    isBefore(query, a.value, a.record.id, b.value, b.record.id),
  )
  let total = 0
  let matching = 0
  for (const record of kit.pool.open) {
    if (++total % chunk === 0) await turn()
    const { state } = record
    if (state === 'closed' || (query.state !== undefined && state !== query.state)) continue
    if (!matches(query, record.id, shownAddress(record), () => clientOf(record.address, record.masksAddress)))
      continue
    matching++
    top.add({ record, value: measure(record) })
  }
  const offset = pageOf(query.offset, matching, pageSize)
  const rows = top
    .takeLast(Math.min(matching, most) - offset)
    .filter(({ record }) => record.state !== 'closed')
    .map(({ record }) => lineOf(record))
  return { total, matching, offset, rows }
}

function closedConnections(all: readonly ClosedConnection[], kit: Kit, query: LiveQuery): ConnectionsAnswer {
  const measure = valuesOfClosed[query.sort]
  const { maskAddresses } = kit.policy
  const found = all
    .filter(({ id, remoteAddress: address }) =>
      matches(query, id, address, () => clientOf(address ?? 'unix', maskAddresses)),
    )
    .sort((a, b) => (isBefore(query, measure(a), a.id, measure(b), b.id) ? -1 : 1))
  const offset = pageOf(query.offset, found.length, pageSize)
  const rows = found.slice(offset, offset + pageSize).map(closedLineOf)
  return { total: all.length, matching: found.length, offset, rows }
}

/** By the value, or else by the id, so that a row is on one page. */
function isBefore({ descending }: LiveQuery, a: number, idOfA: number, b: number, idOfB: number): boolean {
  if (a === b) return idOfA < idOfB
  return descending ? a > b : a < b
}

/** By the address as it is shown: a search must not find out what is masked. */
function matches(
  { text, client }: LiveQuery,
  id: number,
  shown: string | undefined,
  clientOfIt: () => string | undefined,
): boolean {
  if (client !== '' && clientOfIt() !== client) return false
  if (text.startsWith('#')) return String(id) === text.slice(1)
  return text === '' || (shown?.includes(text) ?? false)
}

/** The name of a connection's row in the client table. */
function clientOf(address: string | undefined, masks: boolean): string | undefined {
  return address === undefined ? undefined : clientAddress(address, masks)
}

/** One connection by its id, open or closed not long ago. */
export function findConnection(kit: Kit, recent: RecentlyClosed, id: number): ConnectionLine | undefined {
  for (const record of kit.pool.open) if (record.id === id && record.state !== 'closed') return lineOf(record)
  const closed = recent.find(id)
  return closed && closedLineOf(closed)
}

function lineOf(record: ConnectionRecord): ConnectionLine {
  return { ...infoOf(record), page: record.uncounted }
}

function closedLineOf(closed: ClosedConnection): ConnectionLine {
  const { closedBy, reason, late, dropped, idleAtClose, ...rest } = closed
  const ending = { closedBy, reason, late, dropped }
  const counts = { activeRequests: 0, peakRequests: 0, idle: idleAtClose, idleBefore: 0 }
  return { ...rest, ...counts, state: 'closed', page: false, ending }
}
