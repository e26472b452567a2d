import { type ChildProcess, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { RawClient } from '../support/raw.ts'
import { eventually, within } from '../support/within.ts'
import type { Platform } from './platforms.ts'
import { freePort, listening } from './ports.ts'
import type { Project } from './project.ts'
import { surroundings } from './run.ts'

/** Variables of `keepalive-kit/register`, without `KEEPALIVE_KIT_`. */
export type KitVariables = Readonly<Record<string, string>>

/** How a server's process ended. */
export interface ServerEnd {
  readonly by: number | NodeJS.Signals | null
  readonly output: string
  readonly errors: string
  /** From the signal on, in ms. */
  readonly took: number
}

const host = '127.0.0.1'

/** A platform's server in a process of its own; it is gone when the test is over. */
export class PlatformServer {
  readonly url: string
  readonly port: number
  readonly #child: ChildProcess
  readonly #ended: Promise<number | NodeJS.Signals | null>
  readonly #signalsAll: boolean
  #output = ''
  #errors = ''

  private constructor(platform: Platform, project: Project, port: number, kit: KitVariables | undefined) {
    this.port = port
    this.url = `http://${host}:${port}${platform.path}`
    this.#signalsAll = platform.signalsAll ?? false
    const { args, env = {} } = platform.start({ port: String(port), host })
    const variables = Object.entries(kit ?? {}).map(([name, value]) => [`KEEPALIVE_KIT_${name}`, value])
    this.#child = spawn(process.execPath, args, {
      cwd: project.home,
      env: surroundings({
        ...env,
        NODE_ENV: 'production',
        ...(kit && { NODE_OPTIONS: '--import keepalive-kit/register', ...Object.fromEntries(variables) }),
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own.
      detached: true,
    })
    onTestFinished(() => void this.#child.kill('SIGKILL'))
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
    })
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    this.#ended = new Promise((done) => this.#child.on('close', (code, signal) => done(code ?? signal)))
  }

  /** @param kit - left out, the server runs without the kit. */
  static async start(platform: Platform, project: Project, kit?: KitVariables): Promise<PlatformServer> {
    const server = new PlatformServer(platform, project, await freePort(), kit)
    const ended = server.#ended.then((by) => {
      throw new Error(`ended by ${by}: ${server.#output} ${server.#errors}`)
    })
    await within(
      60_000,
      () => `the start (${server.#output} ${server.#errors})`,
      Promise.race([listening(server.url), ended]),
    )
    if (platform.workers)
      await eventually(
        () => server.#output.match(/Listening/g)?.length === platform.workers,
        'all workers',
        20_000,
      )
    return server
  }

  get errors(): string {
    return this.#errors
  }

  client(): Promise<RawClient> {
    return RawClient.open({ port: this.port })
  }

  /** Sends SIGTERM and waits for the end. */
  async terminate(): Promise<ServerEnd> {
    const begun = performance.now()
    process.kill(this.#signalsAll ? -this.#child.pid! : this.#child.pid!, 'SIGTERM')
    const by = await within(20_000, () => `the end (${this.#output} ${this.#errors})`, this.#ended)
    return { by, output: this.#output, errors: this.#errors, took: performance.now() - begun }
  }
}
