import type { KeepAliveError } from '../errors.ts'
import { type KeepAlive, kitBehind } from '../keep-alive.ts'
import type { DrainReport } from '../kit/drain.ts'
import { Warner } from '../kit/warn.ts'
import { duration } from '../words.ts'
import { isWorker } from './cluster.ts'
import { say } from './say.ts'
import { Signals } from './signals.ts'
import { isThread, joinDrain, Threads } from './threads.ts'
import { Primary, Workers } from './workers.ts'

/** Drains a kit when the process gets a signal to end. */
export interface SignalDrain {
  /** The kit has a server: from now on the signals are held. Nothing happens in a process without a server, except a worker. */
  attached(): void
}

/**
 * Drains at SIGTERM and SIGINT: this thread, the worker threads and, in the primary of a cluster, its workers.
 *
 * @param timeout - in ms.
 */
export function drainAtSignals(kit: KeepAlive, timeout: number): SignalDrain {
  return isThread() ? new ThreadDrain(kit, timeout) : new ProcessDrain(kit, timeout)
}

class ThreadDrain implements SignalDrain {
  readonly #join: () => void

  constructor(kit: KeepAlive, timeout: number) {
    this.#join = once(() => joinDrain(() => drain(kit, timeout)))
  }

  attached(): void {
    this.#join()
  }
}

class ProcessDrain implements SignalDrain {
  readonly #kit: KeepAlive
  readonly #timeout: number
  readonly #threads: Threads
  readonly #workers: Workers | undefined
  #primary: Primary | undefined
  #hasServer = false
  /** Holds the signals. A worker does it at once; another process only when it has a server. */
  readonly #start: () => void

  constructor(kit: KeepAlive, timeout: number) {
    this.#kit = kit
    this.#timeout = timeout
    this.#start = once(() => {
      if (isWorker()) this.#primary = new Primary(async () => this.#drainOwn())
      new Signals(
        () => this.#drainAll(),
        () => this.#workers?.over(),
      )
    })
    this.#threads = new Threads(this.#start)
    this.#workers = isWorker() ? undefined : new Workers(this.#start)
    if (isWorker()) this.#start()
  }

  attached(): void {
    this.#hasServer = true
    this.#start()
  }

  #drainOwn(): Promise<unknown> | undefined {
    const [kit, timeout] = [this.#kit, this.#timeout]
    return all(this.#hasServer && drain(kit, timeout), this.#threads.some && this.#threads.drain(timeout))
  }

  #drainAll(): Promise<unknown> | undefined {
    const workers = this.#workers
    return all(this.#drainOwn(), workers?.some && workers.drain(this.#timeout), this.#primary?.mayEnd())
  }
}

/** Waits for all parts; `undefined` if there is nothing to wait for. */
function all(...parts: readonly (Promise<unknown> | false | undefined)[]): Promise<unknown> | undefined {
  const given = parts.filter((part) => part)
  return given.length > 0 ? Promise.all(given) : undefined
}

/** Never rejects, because the next step must run in any case. */
async function drain(kit: KeepAlive, timeout: number): Promise<void> {
  try {
    // Not by the public drain(): the kit has warned of a timeout in seconds at the start.
    tell(kit, timeout, await (kitBehind(kit) ?? kit).drain({ timeout }))
  } catch (error) {
    // Ignored: the app's own kit has taken over the servers.
    if ((error as KeepAliveError).code !== 'ERR_KEEPALIVE_NOT_ATTACHED') say(error)
  }
}

function tell({ policy }: KeepAlive, timeout: number, { forced }: DrainReport): void {
  const states = Object.entries(forced).filter(([, count]) => count > 0)
  if (states.length === 0) return
  const counts = states.map(([state, count]) => `${count} ${state}`).join(', ')
  const message = `The drain did not finish within ${duration(timeout)} and destroyed connections: ${counts}`
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
