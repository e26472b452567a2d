import type { Clock } from '../../clock.ts'
import { isWorker } from '../../process/cluster.ts'
import { isThread } from '../../process/threads.ts'
import type { Answer } from './exchange.ts'
import { OtherWorkers } from './others.ts'

/** How many pages this process has made, whatever copies of this package it has loaded. */
const key = Symbol.for('keepalive-kit.pages')
const shared = globalThis as { [key]?: number }

/**
 * Makes this worker known to the other workers of its cluster.
 *
 * @param answer - what it tells them.
 * @returns `undefined` where the process is no worker of a cluster.
 */
export function otherWorkers(answer: Answer, clock: Pick<Clock, 'wall'>): OtherWorkers | undefined {
  if (!isWorker() || isThread()) return undefined
  const page = shared[key] ?? 0
  shared[key] = page + 1
  return new OtherWorkers(page, answer, () => clock.wall())
}
