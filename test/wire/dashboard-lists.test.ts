import { expect, it } from 'vitest'
import type { ClientsAnswer, ConnectionsAnswer, TimelineAnswer } from '../../src/dashboard/messages.ts'
import { keepAlive } from '../../src/keep-alive.ts'
import type { KeepAliveOptions } from '../../src/policy/options.ts'
import { ask, makePage, watch } from '../support/page.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually } from '../support/within.ts'

async function start(options: KeepAliveOptions = {}) {
  const kit = keepAlive({ keepAliveTimeout: 5_000, jitter: 0, ...options })
  const page = makePage(kit, { path: '/keepalive' })
  const { port } = await serve(
    (req, res) => page(req, res, () => res.end('app')),
    (server) => kit.attach(server),
  )
  const read = async <T>(path: string): Promise<T> =>
    JSON.parse((await ask(port, `/keepalive/${path}`)).body) as T
  const live = (query: string): Promise<ConnectionsAnswer> => read(`connections.json?${query}`)
  const closed = (): number => kit.snapshot().connections.closed
  return { kit, port, live, read, closed }
}

const openMany = (port: number, count: number, localAddress = '127.0.0.1'): Promise<RawClient[]> =>
  Promise.all(Array.from({ length: count }, () => RawClient.open({ port, localAddress })))

it('leads to every open connection, page by page, whatever they are sorted by', async () => {
  const { kit, port, live } = await start()
  await openMany(port, 230, '127.0.0.2')
  // The server may not have accepted all of them yet.
  await eventually(() => kit.connections().length === 230, '230 connections')
  for (const sort of ['id', 'age', 'idle', 'requests', 'bytes']) {
    const pages = await Promise.all(
      [0, 100, 200].map((offset) => live(`text=127.0.0.2&sort=${sort}&order=up&offset=${offset}`)),
    )
    expect(pages.map(({ offset, rows }) => [offset, rows.length])).toEqual([
      [0, 100],
      [100, 100],
      [200, 30],
    ])
    const ids = pages.flatMap(({ rows }) => rows.map(({ id }) => id))
    expect(new Set(ids).size, sort).toBe(230)
    // All but the ages are the same, and ids follow them.
    const byId = ids.toSorted((a, b) => a - b)
    expect(ids).toEqual(sort === 'age' ? byId.reverse() : byId)
  }
  expect(await live('text=127.0.0.2&offset=100000')).toMatchObject({ offset: 200, matching: 230 })
})

it.each([false, true])('finds the connections of a client as its row names it, masked: %s', async (masks) => {
  const { kit, port, live, read } = await start({ maskAddresses: masks })
  await openMany(port, 3, '127.0.1.1')
  await openMany(port, 2, '127.0.1.11')
  await openMany(port, 1, '127.0.2.1')
  await eventually(() => kit.connections().length === 6, '6 connections')
  const { rows: clients } = await read<ClientsAnswer>('clients.json')
  for (const { address, connections } of clients) {
    if (address === null || address.startsWith('127.0.0.')) continue
    const { matching, rows } = await live(`client=${encodeURIComponent(address)}`)
    expect([address, matching, rows.length]).toEqual([address, connections, connections])
  }
  // What is masked cannot be found out.
  if (masks) expect((await live('client=127.0.1.1')).matching).toBe(0)
})

it('says who closed a connection and why, with its timeline, while somebody looks', async () => {
  const { port, live, read, closed } = await start({ maxRequests: 2 })
  const unseen = await RawClient.open({ port })
  await unseen.get('/')
  unseen.close()
  await eventually(() => closed() === 1, 'the first close')
  await watch(port, '/keepalive/stream')
  const capped = await RawClient.open({ port, localAddress: '127.0.0.2' })
  await capped.get('/one')
  await capped.get('/two')
  await capped.end()
  const left = await RawClient.open({ port, localAddress: '127.0.0.3' })
  await left.get('/')
  left.close()
  await eventually(() => closed() === 3, 'three closed')
  const { rows } = await live('state=closed&sort=requests')
  expect(rows.map(({ state, remoteAddress, ending }) => [state, remoteAddress, ending?.reason])).toEqual([
    ['closed', '127.0.0.2', 'max-requests'],
    ['closed', '127.0.0.3', 'client-idle'],
  ])
  expect((await live('state=closed&client=127.0.0.3')).matching).toBe(1)
  expect((await live('state=lost')).matching).toBe(0)
  const [{ id }] = rows as [(typeof rows)[0]]
  const { connection, lines } = await read<TimelineAnswer>(`timeline.json?id=${id}`)
  expect(connection).toMatchObject({ id, remoteAddress: '127.0.0.2', ending: { reason: 'max-requests' } })
  expect(lines!.join('\n')).toMatch(/request\s+GET \/one\n(?:.*\n)+.*closed/)
  expect(await read<TimelineAnswer>('timeline.json?id=99999')).toEqual({ connection: null, lines: null })
})

it('finds the connections that lost a request to the close', async () => {
  const { port, live, closed } = await start({
    keepAliveTimeout: 1_000,
    silence: ['KEEPALIVE_HINT_TOO_SHORT'],
  })
  await watch(port, '/keepalive/stream')
  const client = await RawClient.open({ port, localAddress: '127.0.0.4' })
  await client.get('/')
  await eventually(() => client.ended !== undefined, 'the FIN')
  client.write('GET /late HTTP/1.1\r\nHost: test\r\n\r\n')
  client.close()
  await eventually(() => closed() === 1, 'the close')
  expect((await live('state=lost')).rows).toMatchObject([
    { remoteAddress: '127.0.0.4', ending: { reason: 'idle-timeout', closedBy: 'server', late: 1 } },
  ])
})
