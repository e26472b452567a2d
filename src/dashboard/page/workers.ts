import { count, duration, number } from '../../words.ts'
import type { Hello, Update, WorkerLine, WorkersLine } from '../messages.ts'
import { perSecond, shareReused } from './rates.ts'

/** A worker that has not answered for so long, in ms, is said to be silent: it is asked once a second. */
const silent = 4_000

/** Which worker of how many it is: the first one is 1. */
const placeOf = ({ rows }: WorkersLine, pid: number): string =>
  `${rows.findIndex((row) => row.pid === pid) + 1} of ${rows.length}`

/** Whose numbers the page has, in the head. */
export function sourceOf({ pid }: Pick<Hello, 'pid'>, { workers }: Pick<Update, 'workers'>): string {
  if (!workers) return `process ${pid}`
  if (workers.rows.length === 1) return `one worker, process ${pid}`
  return `sum of ${count(workers.rows.length, 'worker')}`
}

/** The same in sentences. */
export function tellSource(pid: number, workers: WorkersLine): string {
  const { rows, why } = workers
  if (why !== undefined)
    return `All numbers are those of one worker, process ${pid}: the page cannot reach the other workers (${why}). The tables may be those of another worker.`
  if (rows.length === 1)
    return `All numbers are those of one worker, process ${pid}. No other worker has been found.`
  return `All numbers on this page are sums of ${count(rows.length, 'worker')}. This page comes from worker ${placeOf(workers, pid)}, process ${pid}.`
}

/** How a worker is called in a choice. */
export const nameOf = (workers: WorkersLine, pid: number): string =>
  `${placeOf(workers, pid)}, process ${pid}`

export const workerHead: readonly string[] = [
  'Worker',
  'Open',
  'Idle',
  'Reuse',
  'New per second',
  'Requests',
  'Counting for',
]

/** @param now - by the server's clock: Unix time in ms. */
export function workerCells(row: WorkerLine, place: number, now: number): string[] {
  const { pid, since, open, idle, requests, minute, quarterHour, age } = row
  const known = Math.max(0, now - since)
  const name = `${place}, process ${pid}`
  return [
    age > silent ? `${name}: no answer for ${duration(Math.round(age / 1_000) * 1_000)}` : name,
    number(open),
    number(idle),
    shareReused(quarterHour),
    number(perSecond(minute.opened, known)),
    number(requests),
    duration(Math.round(known / 1_000) * 1_000),
  ]
}
