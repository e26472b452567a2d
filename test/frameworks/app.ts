import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { DrainReport, KeepAliveOptions, Snapshot } from '../../src/index.ts'
import { RawClient } from '../support/raw.ts'
import { within } from '../support/within.ts'

/** An app of apps/ in a process of its own. */
export class App {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  /**
   * @param options - of its kit; left out, it has none.
   * @param flags - of its Node.
   */
  static async start(
    name: string,
    options?: Omit<KeepAliveOptions, 'log'>,
    flags: readonly string[] = [],
  ): Promise<App> {
    const args = [name, ...(options ? [JSON.stringify({ jitter: 0, ...options })] : [])]
    const child = fork(join(import.meta.dirname, 'child.mjs'), args, {
      cwd: import.meta.dirname,
      execArgv: [...flags],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let errors = ''
    child.stderr!.on('data', (data) => {
      errors += data
    })
    const exited = once(child, 'exit').then(() => {
      throw new Error(`${name} ended: ${errors}`)
    })
    exited.catch(() => {})
    const [port] = await within(
      30_000,
      `the start of ${name}`,
      Promise.race([once(child, 'message'), exited]),
    )
    return new App(child, port as number)
  }

  snapshot(): Promise<Snapshot> {
    return this.#ask('snapshot')
  }

  drain(): Promise<DrainReport> {
    return this.#ask('drain')
  }

  /** Ends it as its framework does; gives the ms that this took. */
  close(): Promise<number> {
    return this.#ask('close')
  }

  /** Lets its process end by itself, and gives the exit code. */
  async end(): Promise<number> {
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    const [code] = await within(10_000, 'the end of the process', ended)
    return code
  }

  client(): Promise<RawClient> {
    return RawClient.open({ port: this.port })
  }

  async #ask<T>(message: string): Promise<T> {
    const answer = once(this.#child, 'message')
    this.#child.send(message)
    const [value] = await within(20_000, message, answer)
    return value
  }
}
