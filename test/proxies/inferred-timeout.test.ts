import { get, Agent as HttpAgent } from 'node:http'
import { Agent, request } from 'undici'
import { expect, it } from 'vitest'
import type { Evidence } from '../../src/index.ts'
import { makeKit } from '../support/kit.ts'
import { startApache, startNginx } from '../support/proxies.ts'
import { serve } from '../support/server.ts'
import { eventually, sleep } from '../support/within.ts'

/** The idle timeout of every proxy here, in ms. */
const truth = 2_000
const connections = 40

type Get = () => Promise<unknown>

const allAtOnce = (count: number, get: Get): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, get))

/** Gets through a proxy, each on a connection of its own to it. */
const through =
  (port: number): Get =>
  () =>
    new Promise((done, failed) => {
      const req = get({ port, host: '127.0.0.1', agent: new HttpAgent() })
      req.on('response', (res) => res.resume().on('end', done)).on('error', failed)
    })

const proxies: [name: string, start: (port: number) => Promise<Get>][] = [
  [
    'nginx, keepalive_timeout',
    async (port) =>
      through((await startNginx(`server 127.0.0.1:${port}; keepalive 100; keepalive_timeout 2s;`)).port),
  ],
  // Without smax= it keeps all that its threads may need, overdue or not.
  ['Apache, ttl', async (port) => through((await startApache(port, 'ttl=2 smax=1')).port)],
  [
    'undici, keepAliveTimeout',
    async (port) => {
      // The maximum bounds what it makes of the Keep-Alive header too.
      const dispatcher = new Agent({ connections, keepAliveTimeout: truth, keepAliveMaxTimeout: truth })
      return async () => (await request(`http://127.0.0.1:${port}/`, { dispatcher })).body.dump()
    },
  ],
]

it.each(proxies)(
  '%s: the idle timeout is inferred within a twentieth',
  { timeout: 60_000 },
  async (_, start) => {
    const { kit, closed } = makeKit()
    const { port } = await serve((_req, res) => void setTimeout(() => res.end('ok'), 50), kit.attach)
    const get = await start(port)
    await allAtOnce(connections, get)
    // Apache closes what is overdue when it handles a request.
    for (let waited = 0; waited < 1.5 * truth; waited += 70) {
      await sleep(20)
      await get()
    }
    await eventually(() => closed.length >= connections - 1, 'the proxy to close all but the one in use')
    const finding = kit.diagnose().find(({ code }) => code === 'KEEPALIVE_PEER_TIMEOUT')
    const peers = (finding?.evidence.peers ?? []) as readonly Evidence[]
    expect(peers).toHaveLength(1)
    const [peer] = peers
    expect(Math.abs((peer!.timeout as number) - truth)).toBeLessThanOrEqual(0.05 * truth)
    expect(peer!.count).toBeGreaterThanOrEqual(30)
  },
)
