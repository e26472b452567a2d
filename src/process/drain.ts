import type { KeepAliveError } from '../errors.ts'
import type { KeepAlive } from '../keep-alive.ts'
import type { DrainReport } from '../kit/drain.ts'
import { Warner } from '../kit/warn.ts'
import { duration } from '../words.ts'
import { say } from './say.ts'
import { Signals } from './signals.ts'
import { isThread, joinDrain, Threads } from './threads.ts'
import { drainWorkers, watchWorkers } from './workers.ts'

/** What drains a kit when the process is told to end. */
export interface SignalDrain {
  /** The kit has a server: from now on the signals are held. A process without one is left alone. */
  attached(): void
}

/**
 * Drains at SIGTERM and SIGINT: this thread, the worker threads, and in the primary of a cluster its workers.
 *
 * @param timeout - in ms.
 */
export function drainAtSignals(kit: KeepAlive, timeout: number): SignalDrain {
  if (isThread()) return { attached: once(() => joinDrain(() => drain(kit, timeout))) }
  let hasServer = false
  const hold = once(() => {
    new Signals((signal) => {
      const parts = [
        hasServer ? drain(kit, timeout) : undefined,
        threads.drain(timeout),
        drainWorkers(signal, timeout),
      ].filter((part) => part !== undefined)
      return parts.length > 0 ? Promise.all(parts).then(() => {}) : undefined
    })
  })
  const threads = new Threads(hold)
  watchWorkers(hold)
  return {
    attached() {
      hasServer = true
      hold()
    },
  }
}

/** Never rejects: what comes after it has to come. */
async function drain(kit: KeepAlive, timeout: number): Promise<void> {
  try {
    tell(kit, timeout, await kit.drain({ timeout }))
  } catch (error) {
    // The app's own kit has taken the servers over.
    if ((error as KeepAliveError).code !== 'ERR_KEEPALIVE_NOT_ATTACHED') say(error)
  }
}

function tell({ policy }: KeepAlive, timeout: number, { forced }: DrainReport): void {
  const states = Object.entries(forced).filter(([, count]) => count > 0)
  if (states.length === 0) return
  const counts = states.map(([state, count]) => `${count} ${state}`).join(', ')
  const message = `The drain was not done within ${duration(timeout)} and destroyed connections: ${counts}`
  new Warner(policy.silence).warn('KEEPALIVE_DRAIN_FORCED', message)
}

function once(act: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    act()
  }
}
