import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { DrainReport, KeepAliveOptions, Snapshot } from '../../src/index.ts'
import { within } from './within.ts'

const file = fileURLToPath(new URL('instance.mjs', import.meta.url))

export interface Drained {
  readonly report: DrainReport
  readonly snapshot: Snapshot
}

/** A server process of its own, on a port that it has again after a restart. */
export class Instance {
  readonly port: number
  readonly #options: KeepAliveOptions
  #child: ChildProcess | undefined

  constructor(port: number, options: KeepAliveOptions) {
    this.port = port
    this.#options = options
    onTestFinished(() => void this.#child?.kill('SIGKILL'))
  }

  async start(): Promise<void> {
    this.#child = fork(file, [String(this.port), JSON.stringify(this.#options)])
    await this.#told('the instance to listen')
  }

  /** Drains the instance; its process ends by itself. */
  async drain(options: object): Promise<Drained> {
    const child = this.#child!
    const exited = new Promise((done) => child.once('exit', done))
    child.send({ drain: options })
    const drained = (await this.#told('the drain')) as Drained
    await within(5_000, 'the process to end', exited)
    return drained
  }

  #told(what: string): Promise<unknown> {
    return within(30_000, what, new Promise((done) => this.#child!.once('message', done)))
  }
}
