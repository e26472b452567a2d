import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type {
  ClosedConnection,
  ConnectionInfo,
  DrainReport,
  KeepAliveOptions,
  Snapshot,
} from '../../src/index.ts'
import { eventually } from './within.ts'

const file = fileURLToPath(new URL('runtime-server.mjs', import.meta.url))

export type RuntimeName = 'Node' | 'Bun' | 'Deno'

/** How each runtime runs a file. The commands are on the path: `npm run test:runtimes` puts them there. */
const commands: Readonly<Record<RuntimeName, readonly [string, ...string[]]>> = {
  Node: [process.execPath],
  Bun: ['bun'],
  Deno: ['deno', 'run', '--allow-all', '--node-modules-dir=manual'],
}

/** What the server tells; each message has some of these. */
interface Told {
  readonly port?: number
  readonly request?: string
  readonly responseClosed?: string
  readonly finished?: boolean
  readonly read?: number
  readonly closed?: ClosedConnection
  readonly snapshot?: Snapshot
  readonly open?: readonly ConnectionInfo[]
  readonly report?: DrainReport
  readonly serverClosed?: true
  readonly warning?: { readonly code: string; readonly message: string }
  readonly crash?: string
}

/** A server process of its own, on any runtime. */
export class RuntimeServer {
  port = 0
  readonly #told: Told[] = []
  readonly #child: ChildProcess
  #errors = ''

  private constructor(name: RuntimeName, kit: 'plain' | 'kit', options: KeepAliveOptions) {
    const [command, ...args] = commands[name]
    this.#child = spawn(command, [...args, file, kit, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child.on('error', (error) => this.#note(error))
    this.#child.stderr!.on('data', (text) => this.#note(text))
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#told.push(JSON.parse(line)))
  }

  static async start(
    name: RuntimeName,
    kit: 'plain' | 'kit',
    options: KeepAliveOptions = {},
  ): Promise<RuntimeServer> {
    const server = new RuntimeServer(name, kit, options)
    onTestFinished(() => void server.#child.kill('SIGKILL'))
    server.port = await server.next('port', 10_000)
    return server
  }

  #note(text: unknown): void {
    this.#errors += String(text)
  }

  send(command: 'release' | 'snapshot' | 'drain' | 'close'): void {
    this.#child.stdin!.write(`${command}\n`)
  }

  /** All that it has told of one kind. */
  all<K extends keyof Told>(key: K): NonNullable<Told[K]>[] {
    return this.#told.flatMap((told) => (told[key] === undefined ? [] : [told[key]]))
  }

  /** What it has told of one kind that nobody has taken yet, or will tell. */
  async next<K extends keyof Told>(key: K, ms = 8_000): Promise<NonNullable<Told[K]>> {
    await eventually(
      () => this.#told.some((told) => told[key] !== undefined),
      () => `${key}; the server told ${JSON.stringify(this.#told).slice(-800)} ${this.#errors}`,
      ms,
    )
    const at = this.#told.findIndex((told) => told[key] !== undefined)
    return this.#told.splice(at, 1)[0]![key]!
  }

  async snapshot(): Promise<Snapshot> {
    this.send('snapshot')
    return this.next('snapshot')
  }
}
