import { channel } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { advise } from '../../../src/advisor/advise.ts'
import { track } from '../../../src/outgoing/track.ts'
import { mergeOutgoing, type Outgoing, type OutgoingRow, trackOutgoing } from '../../../src/outgoing.ts'
import { TestClock } from '../../support/clock.ts'
import { Refs } from '../../support/collect.ts'
import { outgoingAddsUp } from '../../support/outgoing-sums.ts'
import { sum } from '../../support/sums.ts'

// The messages are those of undici, with made-up sockets: thousands of connections take no time.

let outgoing: Outgoing
let clock: TestClock

beforeEach(() => {
  clock = new TestClock()
  outgoing = track({ origins: 1_000 }, clock)
})
afterEach(() => outgoing.stop())

const publish = (name: string, message: object): void => channel(name).publish(message)

function connect(hostname: string): EventEmitter {
  const socket = new EventEmitter()
  publish('undici:client:connected', { socket, connectParams: { protocol: 'http:', hostname, port: '' } })
  return socket
}

function exchange(socket: EventEmitter): void {
  const request = { origin: 'http://x.test', method: 'GET' }
  publish('undici:client:sendHeaders', { request, socket, headers: 'GET / HTTP/1.1\r\n' })
  publish('undici:request:headers', { request, response: { statusCode: 200, headers: [] } })
  publish('undici:request:trailers', { request })
}

const all = (read: (row: OutgoingRow) => number, snapshot = outgoing.snapshot()): number =>
  [...snapshot.origins, snapshot.other].reduce((total, row) => total + read(row), 0)

test('10,000 origins stay in 1,000 rows, and the sums hold', () => {
  for (let i = 0; i < 10_000; i++) {
    const socket = connect(`h${i}.test`)
    exchange(socket)
    exchange(socket)
    if (i % 2 === 0) socket.emit('close')
  }
  const { origins, other } = outgoing.snapshot()
  expect(origins).toHaveLength(1_000)
  expect(other).toMatchObject({
    origin: null,
    connections: { opened: 9_000, closed: 4_500, open: 4_500 },
    requests: { total: 18_000, reused: 9_000 },
  })
  expect(all(({ connections }) => connections.opened)).toBe(10_000)
  outgoingAddsUp(outgoing.snapshot())
  expect(outgoing.connections()).toHaveLength(5_000)
})

test('a snapshot has at most 10,000 of the open connections', () => {
  for (let i = 0; i < 10_050; i++) exchange(connect('a.test'))
  const [row] = outgoing.snapshot().origins
  expect([row!.connections.states.idle, row!.idleNow.count]).toEqual([10_050, 10_000])
  expect(outgoing.connections()).toHaveLength(10_000)
})

test('forgets sockets that are gone without a close', async () => {
  const refs = new Refs()
  const open = (): void => {
    const socket = connect('a.test')
    exchange(socket)
    refs.add(socket)
  }
  for (let i = 0; i < 300; i++) open()
  expect(await refs.left()).toBe(0)
  // Each new connection looks at one of the old.
  for (let i = 0; i < 300; i++) connect('a.test').emit('close')
  expect(outgoing.snapshot().origins[0]!.connections).toMatchObject({ opened: 600, closed: 600, open: 0 })
  outgoingAddsUp(outgoing.snapshot())
})

test('what others publish on the channels does no harm', () => {
  const wrong: readonly object[] = [
    {},
    { request: null },
    { request: {} },
    {
      request: Object.freeze({}),
      socket: Object.freeze(new EventEmitter()),
      headers: 'x',
      response: { headers: [] },
    },
    { request: { socket: {} }, error: null },
    { socket: null, connectParams: null },
    { socket: {}, connectParams: {} },
    {
      request: {
        get socket(): never {
          throw new Error('a getter')
        },
      },
    },
  ]
  for (const name of [
    'http.client.request.created',
    'http.client.request.start',
    'http.client.response.finish',
    'http.client.request.error',
    'undici:client:connected',
    'undici:client:connectError',
    'undici:client:sendHeaders',
    'undici:request:headers',
    'undici:request:trailers',
    'undici:request:error',
  ])
    for (const message of wrong) expect(() => publish(name, message)).not.toThrow()
  const socket = connect('a.test')
  exchange(socket)
  expect(outgoing.snapshot().origins.find(({ origin }) => origin === 'http://a.test')!.requests.total).toBe(1)
  outgoingAddsUp(outgoing.snapshot())
})

test('two trackers count apart', () => {
  const second = trackOutgoing()
  exchange(connect('a.test'))
  second.stop()
  exchange(connect('a.test'))
  expect(second.snapshot().origins[0]!.connections).toMatchObject({ opened: 1, released: 1 })
  expect(outgoing.snapshot().origins[0]!.connections).toMatchObject({ opened: 2, open: 2 })
})

test('snapshots merge, and their sums hold', () => {
  for (const host of ['a.test', 'b.test', 'a.test']) {
    const socket = connect(host)
    exchange(socket)
    clock.pass(1_000)
    exchange(socket)
  }
  const one = outgoing.snapshot()
  const merged = mergeOutgoing([one, one, mergeOutgoing([])])
  outgoingAddsUp(merged)
  expect(merged).toMatchObject({ version: 1, processes: 2, since: one.since, takenAt: one.takenAt })
  expect(merged.origins.map(({ origin, connections }) => [origin, connections.opened])).toEqual([
    ['http://a.test', 4],
    ['http://b.test', 2],
  ])
  for (const read of [
    (row: OutgoingRow) => row.requests.total,
    (row: OutgoingRow) => sum(row.idleGaps.reused.bins),
    (row: OutgoingRow) => row.idleNow.count,
  ])
    expect(all(read, merged)).toBe(2 * all(read, one))
  expect(() => mergeOutgoing([{ version: 9 } as never])).toThrow(
    'mergeOutgoing() takes snapshots of version 1',
  )
  expect(() => mergeOutgoing([{ version: 1, processes: 1, origins: [{}] } as never])).toThrow(
    'takes whole snapshots',
  )
})

test('more origins than rows of merged snapshots go into one', () => {
  for (let i = 0; i < 1_000; i++) connect(`a${i}.test`)
  const first = outgoing.snapshot()
  outgoing.stop()
  outgoing = track({ origins: 1_000 }, clock)
  for (let i = 0; i < 1_000; i++) connect(`b${i}.test`)
  const merged = mergeOutgoing([first, outgoing.snapshot()])
  expect(merged.origins).toHaveLength(1_000)
  expect(merged.other.connections.opened).toBe(1_000)
  outgoingAddsUp(merged)
})

test('the advisor reads a snapshot', () => {
  const socket = connect('a.test')
  exchange(socket)
  for (let i = 0; i < 500; i++) {
    clock.pass(i % 5 === 0 ? 4_000 : 500)
    exchange(socket)
  }
  const { observed, curve } = advise(outgoing.snapshot())
  expect(observed).toMatchObject({ requests: 501, requestsReused: 500 })
  expect(observed.intervals).toMatchObject({ reused: 500, clientClosed: 0, cutOff: 0, open: 1 })
  // 4 in 5 requests come within 0.5 s.
  const { reuse } = curve.find(({ timeout }) => timeout >= 1_000)!
  expect(reuse).toBeGreaterThan(0.75)
  expect(reuse).toBeLessThan(0.85)
  expect(() => advise({ version: 9, origins: [] } as never)).toThrow('advise() takes snapshots of version 1')
  expect(() => advise({ version: 1, origins: [{}] } as never)).toThrow('takes a whole snapshot')
})
