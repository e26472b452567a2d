import type { Kit } from '../../kit/kit.ts'
import { cluster } from '../../process/cluster.ts'
import { addRows } from '../../stats/merge.ts'
import type { Snapshot } from '../../stats/snapshot.ts'
import type { WorkerLine } from '../messages.ts'
import type { Sample } from '../samples.ts'
import type { Heard, WorkerState } from './others.ts'

/** Rows of the client table that a worker tells others at most. */
const mostRows = 10_000

/** What this worker says of itself. */
export function ownState(kit: Kit, sample: Sample | undefined): WorkerState {
  const own = kit.aside()
  return {
    pid: process.pid,
    id: cluster().worker?.id ?? 0,
    summary: kit.summary(),
    page: { open: own.length, requests: own.reduce((sum, { requests }) => sum + requests, 0) },
    ...(sample && { sample }),
  }
}

/** The client table, cut to what can be told. */
export function toldClients({ rows, other }: Snapshot['clients']): Snapshot['clients'] {
  return { rows: rows.slice(0, mostRows), other: rows.slice(mostRows).reduce(addRows, other) }
}

/** A worker in the list of all. */
export function workerLine({ state: { pid, id, summary }, at }: Heard, now: number): WorkerLine {
  const { connections, requests, windows, since } = summary
  return {
    pid,
    id,
    since,
    open: connections.open,
    idle: connections.states.idle,
    requests: requests.total,
    minute: windows.minute,
    quarterHour: windows.quarterHour,
    age: Math.max(0, now - at),
  }
}
