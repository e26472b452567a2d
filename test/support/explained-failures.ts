import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Cause } from '../../src/explain/causes.ts'
import type { ExplainedProxy } from './explained-proxies.ts'
import { freePort, scratch } from './proxies.ts'
import { slowWire } from './slow-wire.ts'
import { sleep, within } from './within.ts'

const file = fileURLToPath(new URL('explained-server.mjs', import.meta.url))

/** One way, in ms. */
const wire = 75

/** Bursts at an idle close, at most: a busy machine may miss the moment. */
const mostBursts = 8

/** Requests that an idle close has to lose. */
const leastLost = 3

/** Something that goes wrong, what its failures are, and when that was. */
export interface Phase {
  readonly name: string
  readonly causes: readonly Cause[]
  /** Where requests of different paths fail in different ways. */
  readonly byPath?: Readonly<Record<string, readonly Cause[]>> | undefined
  readonly from: number
  to: number
  /** Requests that the client saw fail. */
  failed: number
}

export interface Observed {
  readonly logs: Readonly<Record<string, string>>
  readonly records: string
  readonly phases: readonly Phase[]
}

/** A server process that is started again after each end. */
export class Server {
  readonly #port: number
  readonly #records: number
  #child: ChildProcess | undefined

  constructor(port: number, records: string) {
    this.#port = port
    this.#records = openSync(records, 'a')
    onTestFinished(() => void this.#child?.kill('SIGKILL'))
  }

  async start(): Promise<void> {
    const stdio = ['ignore', this.#records, 'inherit', 'ipc'] as const
    this.#child = spawn(process.execPath, [file, String(this.#port), '{}'], { stdio: [...stdio] })
    await within(10_000, 'the server to listen', once(this.#child, 'message'))
  }

  async ended(): Promise<void> {
    const child = this.#child!
    if (child.exitCode === null && child.signalCode === null)
      await within(10_000, 'the server to end', once(child, 'exit'))
  }

  terminate(): void {
    this.#child!.kill('SIGTERM')
  }
}

/** A POST by a connection of its own: HAProxy does not log a failure of a later request on its client's connection. */
export function post(port: number, path: string, patience = 10_000): Promise<number> {
  return new Promise((done) => {
    const headers = { 'Content-Length': 2 }
    const req = request({ port, host: '127.0.0.1', method: 'POST', path, headers, agent: false })
    req.on('response', (res) => {
      res
        .resume()
        .on('end', () => done(res.statusCode!))
        .on('error', () => done(0))
    })
    req.on('error', () => done(0))
    req.setTimeout(patience, () => req.destroy())
    req.end('hi')
  })
}

/** No record has a part in these. */
const provenByLog: readonly Cause[] = ['refused', 'proxy-timeout', 'app-error']

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))

type Send = (path: string) => Promise<void>

/**
 * Sends requests while the server closes the idle connections that they go by. The server's FIN takes its time, and so does each
 * request: what is sent within that time is lost.
 */
async function raceIdleClose(send: Send, connections: number): Promise<void> {
  await Promise.all(times(connections, () => send('/race')))
  await sleep(1_000 - 2 * wire + 15)
  const sent = []
  for (let i = 0; i < connections; i++) {
    sent.push(send('/race'))
    await sleep(10)
  }
  await Promise.all(sent)
  await sleep(100)
}

/** Sends requests by a proxy to a server that fails in each way, so that it is known what each failure was. */
export async function observe(proxy: ExplainedProxy, rounds: number): Promise<Observed> {
  const upstreams = { server: await freePort(), refused: await freePort() }
  const records = `${scratch('explained-')}/closed.json`
  const server = new Server(upstreams.server, records)
  await server.start()
  const slow = await slowWire(upstreams.server, wire, true)
  const { port, logs } = await proxy.start({ ...upstreams, slow })
  const phases: Phase[] = []
  let sent = 0

  const phase = async (
    name: string,
    causes: readonly Cause[],
    run: (send: Send, failed: () => number) => Promise<unknown>,
    byPath?: Phase['byPath'],
  ): Promise<void> => {
    const one: Phase = { name, causes, byPath, from: Date.now(), to: 0, failed: 0 }
    phases.push(one)
    const send: Send = async (path) => {
      const status = await post(port, `${path}?${name}-${sent++}`)
      if (status === 0 || status >= 500) one.failed++
    }
    await run(send, () => one.failed)
    one.to = Date.now()
    // nginx' error log has seconds: what only the time tells apart is in different ones.
    await sleep(causes.some((cause) => provenByLog.includes(cause)) ? 50 : 1_400)
  }

  for (let round = 0; round < rounds; round++) {
    await phase('race', ['idle-timeout'], async (send, failed) => {
      for (let burst = 0; burst < mostBursts && failed() < leastLost; burst++) await raceIdleClose(send, 10)
    })
    await phase('app', ['app-destroy'], async (send) => {
      for (const path of ['/destroy', '/destroy-later', '/destroy-within'])
        await Promise.all(times(2, () => send(path)))
    })
    // Both at once: without a port little tells them apart.
    await phase(
      'mixed',
      ['idle-timeout', 'app-destroy'],
      async (send) => {
        const app = sleep(1_000 - wire).then(() => Promise.all(['/destroy', '/destroy-later'].map(send)))
        await Promise.all([raceIdleClose(send, 6), app])
      },
      { '/race': ['idle-timeout'], '/destroy': ['app-destroy'], '/destroy-later': ['app-destroy'] },
    )
    await phase('slow', ['proxy-timeout'], (send) => Promise.all(times(2, () => send('/never'))))
    await phase('error', ['app-error'], (send) => Promise.all(times(2, () => send('/error'))))
    await phase('refused', ['refused', 'no-server'], (send) => Promise.all(times(2, () => send('/refused'))))
    await phase('crash', ['crash'], async (send) => {
      const others = times(3, () => send('/never'))
      await sleep(200)
      await Promise.all([send('/crash'), ...others])
      await server.ended()
    })
    await phase('down', ['refused', 'no-server'], (send) => Promise.all(times(2, () => send('/ok'))))
    await server.start()
    // Varnish leaves a server alone for 250 ms after it has refused a connection.
    await sleep(300)
    await phase('restart', ['drain', 'restart'], async (send) => {
      // A connection that drains, so that a record says so.
      await Promise.all(times(4, () => send('/ok')))
      const slowOnes = times(3, () => send('/never'))
      await sleep(200)
      server.terminate()
      await Promise.all(slowOnes)
      await server.ended()
    })
    await phase('down', ['refused', 'no-server'], (send) => Promise.all(times(2, () => send('/ok'))))
    await server.start()
    await sleep(300)
    await Promise.all(times(4, () => post(port, '/ok')))
  }
  await sleep(500)
  server.terminate()
  await server.ended()
  return { logs: await logs(), records: readFileSync(records, 'utf8'), phases }
}
