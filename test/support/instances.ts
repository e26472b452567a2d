import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { DrainOptions, DrainReport, KeepAliveOptions, Snapshot } from '../../src/index.ts'
import { within } from './within.ts'

const file = fileURLToPath(new URL('instance.mjs', import.meta.url))

/** Longer than the default `timeout` of a drain. */
const longestDrain = 35_000

export interface Drained {
  readonly report: DrainReport
  readonly snapshot: Snapshot
}

/** A server in its own process, on a port that it reuses after a restart. */
export class Instance {
  readonly port: number
  readonly #args: readonly string[]
  #child: ChildProcess | undefined
  #used: Promise<unknown> | undefined

  constructor(port: number, options: KeepAliveOptions, drain: DrainOptions) {
    this.port = port
    this.#args = [String(port), JSON.stringify(options), JSON.stringify(drain)]
    onTestFinished(() => void this.#child?.kill('SIGKILL'))
  }

  async start(): Promise<void> {
    this.#child = fork(file, this.#args)
    this.#used = this.#told('used')
    await within(10_000, 'the instance to listen', this.#told('listening'))
  }

  /** Resolves when the load has sent the instance its first request. */
  async used(): Promise<void> {
    await this.#used
  }

  /** Sends SIGTERM: the instance drains, and its process ends itself. */
  async terminate(): Promise<Drained> {
    const child = this.#child!
    const exited = once(child, 'exit')
    const drained = this.#told('report')
    child.kill('SIGTERM')
    const told = (await within(longestDrain, 'the drain', drained)) as Drained
    await within(5_000, 'the process to end', exited)
    return told
  }

  /** The first message with this field. */
  #told(field: string): Promise<object> {
    const child = this.#child!
    return new Promise((done) => {
      child.on('message', (message: object) => field in message && done(message))
    })
  }
}
