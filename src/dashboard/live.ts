import { setImmediate as turn } from 'node:timers/promises'
import { infoOf, shownAddress } from '../connection/info.ts'
import type { ConnectionRecord } from '../connection/record.ts'
import type { Kit } from '../kit/kit.ts'
import type { State } from '../reasons.ts'
import { type ConnectionSort, type ConnectionsAnswer, connectionSorts, openStates } from './messages.ts'
import { Top } from './top.ts'

/** Rows of an answer at most. */
const mostRows = 100

/** Connections looked at before others get their turn of the loop: well below a millisecond's worth. */
const chunk = 2_000

/** Characters of a search at most. */
const longestText = 64

export interface LiveQuery {
  /** `undefined`: any. */
  readonly state: State | undefined
  /** A part of the address, or an id after `#`. */
  readonly text: string
  readonly sort: ConnectionSort
  readonly descending: boolean
}

/** What does not make sense in a query is left out of it. */
export function readLiveQuery(params: URLSearchParams): LiveQuery {
  const state = params.get('state')
  const sort = params.get('sort')
  return {
    state: openStates.find((name) => name === state),
    text: (params.get('text') ?? '').trim().slice(0, longestText),
    sort: connectionSorts.find((name) => name === sort) ?? 'age',
    descending: params.get('order') !== 'up',
  }
}

const values: Readonly<Record<ConnectionSort, (record: ConnectionRecord) => number>> = {
  age: (record) => record.age(),
  idle: (record) => record.idleFor(),
  requests: (record) => record.requests,
  bytes: (record) => record.bytesRead() + record.bytesWritten(),
}

/** The live connections that a query asks for. It searches in slices, so that the event loop is never blocked for long. */
export async function liveConnections(kit: Kit, query: LiveQuery): Promise<ConnectionsAnswer> {
  const measure = values[query.sort]
  const top = new Top<{ record: ConnectionRecord; value: number }>(mostRows, (a, b) =>
    query.descending ? a.value > b.value : a.value < b.value,
  )
  let total = 0
  let matching = 0
  for (const record of kit.pool.open) {
    if (++total % chunk === 0) await turn()
    if (!matches(record, query)) continue
    matching++
    top.add({ record, value: measure(record) })
  }
  const rows = top.kept
    .filter(({ record }) => record.state !== 'closed')
    .map(({ record }) => ({ ...infoOf(record), page: record.uncounted }))
  return { total, matching, rows }
}

function matches(record: ConnectionRecord, { state, text }: LiveQuery): boolean {
  if (record.state === 'closed' || (state !== undefined && record.state !== state)) return false
  if (text === '') return true
  if (text.startsWith('#')) return String(record.id) === text.slice(1)
  // The address as it is shown: a search must not find out what is masked.
  return shownAddress(record)?.includes(text) ?? false
}
