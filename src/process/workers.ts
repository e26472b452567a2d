import type { Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import { hearUnseen, sendUnseen } from '../node/internals.ts'
import { cluster } from './cluster.ts'

// Kubernetes, Docker and systemd send the signal to the primary of a cluster; some also send it to the workers. The workers
// drain, and none ends before all have drained: otherwise the app would start a new worker, which would accept connections.
// Worker to primary: `joined`, `drained`. Primary to worker: `welcome`, `drain`, `over`.

/** How much longer than their own drain the primary waits for the workers, in ms. */
const margin = 2_000

/** In the primary: the workers that have servers. */
export class Workers {
  readonly #joined = new Set<Worker>()
  #told = false
  #allDrained: (() => void) | undefined

  /** @param joined - called when a worker reports that it has a server. */
  constructor(joined: () => void) {
    const hear = (worker: Worker): void =>
      hearUnseen(worker.process, (word) => {
        if (word === 'drained') this.#left(worker)
        if (word !== 'joined') return
        this.#joined.add(worker)
        worker.process.once('exit', () => this.#left(worker))
        sendUnseen(worker.process, this.#told ? 'drain' : 'welcome')
        joined()
      })
    for (const worker of Object.values(cluster().workers ?? {})) if (worker) hear(worker)
    cluster().on('fork', hear)
  }

  /**
   * Tells the workers to drain, and waits for them.
   *
   * @param timeout - of the workers' drain, in ms.
   */
  async drain(timeout: number): Promise<void> {
    const over = new AbortController()
    const drained = new Promise<void>((done) => {
      this.#allDrained = done
    })
    this.#told = true
    for (const { process } of this.#joined) sendUnseen(process, 'drain')
    await Promise.race([drained, sleep(timeout + margin, undefined, { signal: over.signal })])
    over.abort()
  }

  get some(): boolean {
    return this.#joined.size > 0
  }

  /** Lets the workers end that got the signal themselves. */
  over(): void {
    for (const worker of Object.values(cluster().workers ?? {}))
      if (worker) sendUnseen(worker.process, 'over')
  }

  #left(worker: Worker): void {
    if (this.#joined.delete(worker) && this.#joined.size === 0) this.#allDrained?.()
  }
}

/** How long a worker that got the signal waits for a message of the primary, which may have got it too, in ms. */
const word = 100

/** In a worker: its primary, which may or may not have a kit. */
export class Primary {
  #hasKit = false
  readonly #told: Promise<void>
  readonly #over: Promise<void>

  /** @param drain - runs when the primary tells this worker to drain. */
  constructor(drain: () => Promise<unknown>) {
    let [told, over] = [(): void => {}, (): void => {}]
    this.#told = new Promise((done) => {
      told = done
    })
    this.#over = new Promise((done) => {
      over = done
    })
    hearUnseen(process, (said) => {
      this.#hasKit = true
      if (said === 'over') over()
      if (said !== 'drain') return
      told()
      void drain().then(() => sendUnseen(process, 'drained'))
    })
    process.once('disconnect', over)
    sendUnseen(process, 'joined')
  }

  /** Resolves when this worker may end after a signal: once the others have drained, if they are draining too. */
  async mayEnd(): Promise<void> {
    if (!this.#hasKit || !process.connected) return
    const isTold = await Promise.race([this.#told.then(() => true), sleep(word, false)])
    if (isTold) await this.#over
  }
}
