import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { DrainReport, KeepAliveOptions, Snapshot } from '../../src/index.ts'
import { freePort } from './proxies.ts'
import { within } from './within.ts'

const here = import.meta.dirname

/** Requests of a load; the short form has fewer. */
export const loadTotal: number = Number(process.env.HTTP2_REQUESTS ?? 10_000)

const isWhole = loadTotal >= 10_000

/** Drains during a load, at the least. */
const leastDrains = isWhole ? 8 : 1

/** What the servers of a load are set to: each by itself, or in the short form all at once. */
export const loadPolicies: Readonly<Record<string, KeepAliveOptions>> = isWhole
  ? { 'maxRequests 20': { maxRequests: 20 }, 'maxAge 500 ms': { maxAge: 500 } }
  : { 'maxRequests 20, maxAge 500 ms': { maxRequests: 20, maxAge: 500 } }

/** Longer than any load here takes on a busy machine. */
const longest = 280_000

/** What the workers have done. */
export interface Executed {
  /** The number of each request that was handed to the app, in no order. */
  readonly executed: readonly number[]
  readonly reports: readonly { readonly report: DrainReport; readonly snapshot: Snapshot }[]
  /** Exit codes or signals of workers that ended by themselves. */
  readonly crashes: readonly (number | string)[]
}

/** What a client got. */
export interface Load {
  readonly sent: number
  readonly answered: number
  readonly failed: readonly (readonly [id: number, why: string])[]
}

/** An age of less than a second is meant. */
const execArgv = ['--disable-warning=KEEPALIVE_SECONDS_MEANT']

/** Starts a program that tells its parent things; it is gone when the test is over. */
function program(file: string, args: readonly string[], execPath?: string): ChildProcess {
  const child = fork(join(here, file), args, { ...(execPath && { execPath }), execArgv })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** The first message of a program that has such a field. */
function told<T>(child: ChildProcess, field: string, ms: number): Promise<T> {
  const message = new Promise<T>((done, failed) => {
    child.on('message', (each: object) => field in each && done(each as T))
    child.once('exit', (code, signal) => failed(new Error(`ended with ${code ?? signal}, no ${field}`)))
  })
  return within(ms, `${field} of ${child.spawnargs.join(' ')}`, message)
}

export interface ClusterSettings {
  readonly options: KeepAliveOptions
  /** Whether one answer of ten takes a while, so that a close finds requests under way. */
  readonly slow: boolean
  /** Files of the key and the certificate. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
}

/** HTTP/2 servers with the kit behind one port. */
export class Http2Cluster {
  readonly port: number
  readonly #child: ChildProcess
  #drains = 0
  #awaited: (() => void)[] = []

  private constructor(port: number, child: ChildProcess) {
    this.port = port
    this.#child = child
    child.on('message', (message: { drains?: number }) => {
      this.#drains = message.drains ?? this.#drains
      for (const look of this.#awaited) look()
    })
  }

  static async start(settings: ClusterSettings): Promise<Http2Cluster> {
    const port = await freePort()
    const child = program('http2-cluster.mjs', [String(port), JSON.stringify(settings)])
    await told(child, 'listening', 30_000)
    return new Http2Cluster(port, child)
  }

  /** Begins to drain the servers in turn. */
  rotate(): void {
    this.#child.send({ begin: true })
  }

  /** Resolves after enough drains. */
  drained(times: number = leastDrains): Promise<void> {
    const done = new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.#drains >= times) resolve()
      }
      this.#awaited.push(look)
      look()
    })
    return within(longest, `${times} drains`, done)
  }

  async finish(): Promise<Executed> {
    const done = told<Executed>(this.#child, 'executed', 60_000)
    this.#child.send({ finish: true })
    return done
  }
}

/**
 * Runs a client of http2-clients.mjs until it has sent enough requests and the condition is met.
 *
 * @param share - of the requests of a load.
 */
export async function runClient(
  name: string,
  port: number,
  until: Promise<unknown>,
  execPath?: string,
  share: number = 1,
): Promise<Load> {
  const total = Math.ceil(share * loadTotal)
  const child = program('http2-clients.mjs', [name, String(port), String(total)], execPath)
  const result = told<Load>(child, 'sent', longest)
  void until.then(() => child.connected && child.send({ end: true }))
  const load = await result
  if (child.exitCode === null) await once(child, 'exit')
  return load
}

/** How often each request was executed, where that is not once. */
export function executedOtherwise(ids: readonly number[], sent: number): Map<number, number> {
  const times = new Map<number, number>()
  for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1)
  const others = new Map<number, number>()
  for (let id = 0; id < sent; id++) {
    const count = times.get(id) ?? 0
    if (count !== 1) others.set(id, count)
  }
  return others
}
