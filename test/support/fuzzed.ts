import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { expect } from 'vitest'
import {
  type ClosedConnection,
  channelNames,
  connectionOf,
  type KeepAlive,
  keepAlive,
} from '../../src/index.ts'
import { RawClient } from './raw.ts'
import { listen, stop } from './server.ts'
import { numbersAddUp, requestsOf, sum } from './sums.ts'
import { eventually } from './within.ts'

const large = 'x'.repeat(1_000_000)

const handlers: Readonly<Record<string, RequestListener>> = {
  '/': (_req, res) => void res.end('ok'),
  '/slow': (_req, res) => void setTimeout(() => res.end('ok'), 15),
  '/close': (_req, res) => void res.setHeader('Connection', 'close').end('ok'),
  '/never': () => {},
  '/large': (_req, res) => void res.end(large),
  '/cut': (_req, res) => void res.write('a part', () => res.destroy()),
}

export const paths: readonly string[] = Object.keys(handlers)

/** A server with a kit under a fuzz of clients, and what other observers saw of the kit's counts. */
export class Fuzzed {
  readonly clients: RawClient[] = []
  readonly #server: Server
  readonly #kit: KeepAlive
  readonly #closed: ClosedConnection[] = []
  /** Connections that a request came on. */
  readonly #sockets = new Set<Socket>()
  #port = 0
  /** Requests that the app saw. */
  #handled = 0
  /** Idle intervals that began, as published on the channel. */
  #begun = 0
  /** Requests on connections that were left to Node. */
  #released = 0

  private constructor() {
    // Every limit is so low that a few clients reach all of them.
    this.#kit = keepAlive({
      keepAliveTimeout: 30,
      maxRequests: 4,
      maxIdle: 3,
      minIdle: 0,
      linger: 20,
      jitter: 0,
      clients: 4,
      log: (closed) => void this.#closed.push(closed),
    })
    this.#server = createServer((req, res) => {
      this.#sockets.add(req.socket)
      // Requests that were held when the kit was detached reach the app without it.
      if (connectionOf(req)) this.#handled++
      req.resume()
      handlers[req.url ?? '/']?.(req, res)
    })
    this.#server.on('upgrade', (_req, socket) => void accept(socket))
    this.#kit.attach(this.#server)
    subscribe(channelNames.idle, this.#onIdle)
  }

  static async start(): Promise<Fuzzed> {
    const fuzzed = new Fuzzed()
    fuzzed.#port = await listen(fuzzed.#server)
    return fuzzed
  }

  async open(host: number): Promise<void> {
    this.clients.push(await RawClient.open({ port: this.#port, localAddress: `127.0.0.${1 + (host % 9)}` }))
  }

  /** One of the latest clients, chosen by the number: most of them are still connected. */
  client(at: number): RawClient {
    const { length } = this.clients
    return this.clients[length - 1 - (at % Math.min(length, 4))]!
  }

  /** Leaves all connections to Node, and attaches again for everything from now on. */
  reattach(): void {
    this.#released += requestsOf(this.#kit.connections())
    this.#kit.detach()
    this.#kit.attach(this.#server)
  }

  /** The numbers add up, and match what other observers saw. */
  check(): void {
    numbersAddUp(this.#kit)
    const { connections, requests, histograms, windows } = this.#kit.snapshot()
    const { reused, clientClosed, cutOff } = histograms.idleGap
    expect(connections.closed).toBe(this.#closed.length)
    expect(requests.total).toBe(this.#handled)
    expect(requests.total).toBe(
      requestsOf(this.#kit.connections()) + requestsOf(this.#closed) + this.#released,
    )
    expect(this.#begun).toBe(reused.count + clientClosed.count + cutOff.count + connections.states.idle)
    expect(histograms.requestsPerConnection.sum).toBe(requestsOf(this.#closed))
    expect(windows.minute).toEqual({
      opened: connections.opened,
      closed: connections.closed,
      requests: requests.total,
      reused: requests.reused,
      late: requests.late,
      dropped: requests.dropped,
    })
  }

  /** Ends all clients, and the server when the kit has no open connection any more. */
  async stop(): Promise<void> {
    try {
      for (const client of this.clients) client.close()
      // Node does not read to the end if large answers pile up behind one that never comes.
      for (const socket of this.#sockets) if (socket.isPaused()) socket.destroy()
      await eventually(
        () => this.#kit.connections().length === 0,
        () => `the last connection to close: ${JSON.stringify(this.#kit.connections())}`,
      )
      this.check()
      expect(sum(this.#kit.snapshot().connections.states)).toBe(0)
    } finally {
      unsubscribe(channelNames.idle, this.#onIdle)
      await stop(this.#server)
    }
  }

  readonly #onIdle = (): void => {
    this.#begun++
  }
}

function accept(socket: Duplex): void {
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  socket.resume()
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\n')
}
