import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import KeepAliveAgent from 'agentkeepalive'
import axios from 'axios'
import got from 'got'
import { Agent, Pool, request } from 'undici'

/** Something that sends requests to one origin, one after the other or several at once. */
export interface OutgoingClient {
  readonly name: string
  readonly via: 'http' | 'undici'
  /** @returns what sends one GET and reads the whole response, and what closes its connections. */
  make(origin: string): { send(path: string): Promise<unknown>; close(): unknown }
}

/** `node:http` with an agent. */
export function httpSender(origin: string, agent: HttpAgent | false): (path: string) => Promise<void> {
  return (path) =>
    new Promise((done, failed) => {
      httpRequest(origin + path, { agent }, (res) => {
        res.resume().on('end', done).on('error', failed)
      })
        .on('error', failed)
        .end()
    })
}

const byAgent = (name: string, makeAgent: () => HttpAgent): OutgoingClient => ({
  name,
  via: 'http',
  make(origin) {
    const agent = makeAgent()
    return { send: httpSender(origin, agent), close: () => agent.destroy() }
  },
})

const nothing = (): void => {}

/** The client libraries in wide use. */
export const outgoingClients: readonly OutgoingClient[] = [
  byAgent('http.Agent, keepAlive', () => new HttpAgent({ keepAlive: true })),
  byAgent('http.Agent, keepAlive and a timeout', () => new HttpAgent({ keepAlive: true, timeout: 30_000 })),
  byAgent('http.Agent, no keepAlive', () => new HttpAgent()),
  byAgent('http.Agent, one socket', () => new HttpAgent({ keepAlive: true, maxSockets: 1 })),
  {
    name: 'http, agent: false',
    via: 'http',
    make: (origin) => ({ send: httpSender(origin, false), close: nothing }),
  },
  byAgent('agentkeepalive', () => new KeepAliveAgent() as unknown as HttpAgent),
  {
    name: 'axios',
    via: 'http',
    make(origin) {
      const httpAgent = new HttpAgent({ keepAlive: true })
      return { send: (path) => axios.get(origin + path, { httpAgent }), close: () => httpAgent.destroy() }
    },
  },
  {
    name: 'got',
    via: 'http',
    make(origin) {
      const http = new HttpAgent({ keepAlive: true })
      return {
        send: (path) => got(origin + path, { agent: { http }, retry: { limit: 0 } }).text(),
        close: () => http.destroy(),
      }
    },
  },
  {
    name: 'fetch',
    via: 'undici',
    make: (origin) => ({
      send: async (path) => (await fetch(origin + path)).text(),
      close: nothing,
    }),
  },
  {
    name: "undici's Agent",
    via: 'undici',
    make(origin) {
      const dispatcher = new Agent()
      return {
        send: async (path) => (await request(origin + path, { dispatcher })).body.text(),
        close: () => dispatcher.close(),
      }
    },
  },
  {
    name: "undici's Pool",
    via: 'undici',
    make(origin) {
      const pool = new Pool(origin, { connections: 2 })
      return {
        send: async (path) => (await pool.request({ path, method: 'GET' })).body.text(),
        close: () => pool.close(),
      }
    },
  },
]
