import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
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
import { certificate } from './tls.ts'
import { eventually } from './within.ts'

const file = fileURLToPath(new URL('runtime-server.mjs', import.meta.url))

/** How each runtime runs a file: its command is in the path with `npm run test:runtimes`. */
const commands = {
  Bun: ['bun'],
  Deno: ['deno', 'run', '--allow-all', '--node-modules-dir=manual'],
} as const

/** A server on a runtime, with or without the kit, http or https. */
export interface RuntimeSide {
  readonly runtime: keyof typeof commands
  readonly isKit: boolean
  readonly tls: boolean
}

export const runtimeSides: readonly (readonly [name: string, side: RuntimeSide])[] = (
  ['Bun', 'Deno'] as const
).flatMap((runtime) =>
  [false, true].flatMap((isKit) =>
    [false, true].map((tls) => {
      const name = `${runtime}, ${isKit ? 'the kit' : 'plain'}, over ${tls ? 'https' : 'http'}`
      return [name, { runtime, isKit, tls }] as const
    }),
  ),
)

export const runtimeKitSides: typeof runtimeSides = runtimeSides.filter(([, { isKit }]) => isKit)

/** What the server reports; each message has some of these. */
interface Told {
  readonly port?: number
  /** The path of a request that the handler has got. */
  readonly request?: string
  /** The path of a request whose response has closed. */
  readonly responseClosed?: string
  /** The length of a body that was read after its answer was sent. */
  readonly read?: number
  readonly closed?: ClosedConnection
  readonly look?: { readonly snapshot: Snapshot; readonly open: readonly ConnectionInfo[] }
  /** The drain has begun: the server does not listen any more. */
  readonly draining?: true
  readonly report?: DrainReport
  /** The code of a warning. */
  readonly warning?: string
  readonly serverClosed?: true
  readonly crash?: string
}

/** A server in its own process, on another runtime. */
export class RuntimeServer {
  readonly #told: Told[] = []
  readonly #child: ChildProcess
  #port = 0
  #errors = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stderr!.on('data', (text) => {
      this.#errors += text
    })
    createInterface({ input: child.stdout! }).on('line', (line) => this.#told.push(JSON.parse(line)))
  }

  static async start(
    { runtime, isKit, tls }: RuntimeSide,
    options: KeepAliveOptions = {},
  ): Promise<RuntimeServer> {
    const [command, ...args] = commands[runtime]
    const more = [isKit ? 'kit' : 'plain', JSON.stringify(options)]
    if (tls) more.push(JSON.stringify(await certificate()))
    const child = spawn(command, [...args, file, ...more], { stdio: 'pipe' })
    onTestFinished(() => void child.kill('SIGKILL'))
    // Rejects if the command is not found.
    await once(child, 'spawn')
    const server = new RuntimeServer(child)
    server.#port = await server.next('port', 15_000)
    return server
  }

  get port(): number {
    return this.#port
  }

  send(command: 'release' | 'look' | 'drain' | 'close'): void {
    this.#child.stdin!.write(`${command}\n`)
  }

  /** All messages of one kind that have not been taken yet. */
  all<K extends keyof Told>(kind: K): NonNullable<Told[K]>[] {
    return this.#told.map((told) => told[kind]).filter((one) => one !== undefined) as NonNullable<Told[K]>[]
  }

  /** Takes the next message of one kind. */
  async next<K extends keyof Told>(kind: K, ms = 8_000): Promise<NonNullable<Told[K]>> {
    await eventually(
      () => this.all(kind).length > 0,
      () => `${kind}; the server told ${JSON.stringify(this.#told).slice(-800)} ${this.#errors}`,
      ms,
    )
    const at = this.#told.findIndex((told) => told[kind] !== undefined)
    return this.#told.splice(at, 1)[0]![kind]!
  }

  look(): Promise<NonNullable<Told['look']>> {
    this.send('look')
    return this.next('look')
  }
}
