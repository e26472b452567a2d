import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CloseReason, closeReasons } from '../../../src/reasons.ts'
import { type Client, Clients } from '../../../src/stats/clients.ts'
import type { ClientRow } from '../../../src/stats/snapshot.ts'
import { seeded } from '../../support/random.ts'

const same = (seenAt: number): number => seenAt

/** A table with a clock that advances by 1 ms per step, and the counts that were added. */
class Bench {
  readonly #clients: Clients
  now = 0
  opened = 0
  requested = 0
  closed = 0

  constructor(cap: number, masked = false) {
    this.#clients = new Clients(cap, masked)
  }

  open(address: string | undefined): Client {
    this.opened++
    return this.#clients.open({ address }, ++this.now)
  }

  /** Connections that open within 1 ms. */
  openAtOnce(addresses: readonly string[]): Client[] {
    this.now++
    this.opened += addresses.length
    return addresses.map((address) => this.#clients.open({ address }, this.now))
  }

  /** The ledger's steps for a request. */
  request({ counts }: Client): void {
    this.requested++
    counts.requests++
    counts.seenAt = ++this.now
  }

  close(client: Client, reason: CloseReason = 'client-idle'): void {
    this.closed++
    this.#clients.close(client, closeReasons.indexOf(reason), ++this.now)
  }

  read(): { rows: ClientRow[]; other: ClientRow } {
    return this.#clients.snapshot(same)
  }

  row(address: string): ClientRow | undefined {
    return this.read().rows.find((row) => row.address === address)
  }

  addresses(): (string | null)[] {
    return this.read().rows.map(({ address }) => address)
  }

  /** The sum of the rows and `other` is everything that was added. */
  addUp(): void {
    const { rows, other } = this.read()
    const sum = (part: (row: ClientRow) => number): number =>
      [...rows, other].reduce((total, row) => total + part(row), 0)
    expect(sum(({ connections }) => connections)).toBe(this.opened)
    expect(sum(({ requests }) => requests)).toBe(this.requested)
    expect(sum(({ reasons }) => Object.values(reasons).reduce((a, b) => a + b, 0))).toBe(this.closed)
  }
}

/** The nth IPv4 address. */
const ip = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`

describe('a row', () => {
  test('counts what its address does', () => {
    const bench = new Bench(10)
    const first = bench.open('192.0.2.1')
    const second = bench.open('192.0.2.1')
    bench.open('192.0.2.2')
    bench.request(first)
    bench.request(second)
    bench.request(second)
    bench.close(second, 'client-reset')
    expect(bench.read().rows).toEqual([
      {
        address: '192.0.2.1',
        connections: 2,
        requests: 3,
        reused: 0,
        reasons: { 'client-reset': 1 },
        lastSeen: 7,
      },
      { address: '192.0.2.2', connections: 1, requests: 0, reused: 0, reasons: {}, lastSeen: 3 },
    ])
    expect(bench.read().other).toEqual({
      address: null,
      connections: 0,
      requests: 0,
      reused: 0,
      reasons: {},
      lastSeen: 0,
    })
  })

  test('a row that was read does not change later', () => {
    const bench = new Bench(10)
    const client = bench.open('192.0.2.1')
    const before = bench.read()
    bench.request(client)
    bench.close(client)
    expect(before.rows[0]).toMatchObject({ requests: 0, reasons: {} })
  })

  test('is not kept for a client without an address', () => {
    const bench = new Bench(10)
    bench.request(bench.open(undefined))
    expect(bench.read()).toMatchObject({ rows: [], other: { connections: 1, requests: 1 } })
  })

  test('is not kept if the cap is 0', () => {
    const bench = new Bench(0)
    bench.close(bench.open('192.0.2.1'))
    expect(bench.read()).toMatchObject({ rows: [], other: { connections: 1 } })
    bench.addUp()
  })
})

describe('the cap', () => {
  test('holds for 100,000 addresses, and the sums stay exact', () => {
    const bench = new Bench(1_000)
    const live: Client[] = []
    let most = 0
    for (let n = 0; n < 100_000; n++) {
      const client = bench.open(ip(n))
      bench.request(client)
      live.push(client)
      // Connections stay open for a while after their row was dropped.
      if (live.length > 3_000) bench.close(live.shift()!)
      if (n % 5_000 === 0) {
        for (const each of live) bench.request(each)
        most = Math.max(most, bench.read().rows.length)
        bench.addUp()
      }
    }
    expect(most).toBeGreaterThanOrEqual(500)
    expect(most).toBeLessThanOrEqual(1_000)
    expect(bench.addresses()).toContain(ip(99_999))
    bench.addUp()
  })

  test.each([2, 3, 4, 7])('of %d holds', (cap) => {
    const bench = new Bench(cap)
    for (let n = 0; n < 50; n++) {
      bench.open(ip(n % 11))
      expect(bench.read().rows.length).toBeLessThanOrEqual(cap)
    }
    bench.addUp()
  })

  test('keeps the row of a client that keeps opening connections', () => {
    const bench = new Bench(100)
    for (let n = 0; n < 10_000; n++) {
      if (n % 40 === 0) bench.open('192.0.2.1')
      bench.open(ip(n))
    }
    expect(bench.row('192.0.2.1')?.connections).toBe(250)
  })

  test('keeps the row of a client that only sends requests', () => {
    const bench = new Bench(100)
    const client = bench.open('192.0.2.1')
    for (let n = 0; n < 10_000; n++) {
      if (n % 40 === 0) bench.request(client)
      bench.open(ip(n))
    }
    expect(bench.row('192.0.2.1')).toMatchObject({ connections: 1, requests: 250 })
  })
})

describe('a client that lost its row', () => {
  test('is counted in `other` once, and its open connections count there from then on', () => {
    const bench = new Bench(2)
    const client = bench.open('192.0.2.1')
    bench.request(client)
    bench.open(ip(1))
    bench.open(ip(2))
    expect(bench.row('192.0.2.1')).toBeUndefined()
    expect(bench.read().other).toMatchObject({ connections: 1, requests: 1, reasons: {} })
    bench.request(client)
    bench.close(client, 'client-reset')
    expect(bench.read().other).toMatchObject({ connections: 1, requests: 2, reasons: { 'client-reset': 1 } })
    bench.addUp()
  })

  test('gets a new row when it returns, and its old connections stay in `other`', () => {
    const bench = new Bench(2)
    const old = bench.open('192.0.2.1')
    bench.open(ip(1))
    bench.open(ip(2))
    const back = bench.open('192.0.2.1')
    bench.request(old)
    bench.request(back)
    bench.request(back)
    expect(bench.row('192.0.2.1')).toMatchObject({ connections: 1, requests: 2 })
    bench.addUp()
  })

  test('does not change the sums', () => {
    const step = fc.record({ act: fc.constantFrom('open', 'request', 'close'), at: fc.nat(200) })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.array(step, { size: 'large' }), (cap, steps) => {
        const bench = new Bench(cap)
        const live: Client[] = []
        for (const { act, at } of steps) {
          if (act === 'open') live.push(bench.open(ip(at % 12)))
          else if (live.length > 0 && act === 'request') bench.request(live[at % live.length]!)
          else if (live.length > 0) bench.close(live.splice(at % live.length, 1)[0]!)
        }
        expect(bench.read().rows.length).toBeLessThanOrEqual(cap)
        expect(new Set(bench.addresses()).size).toBe(bench.addresses().length)
        bench.addUp()
      }),
    )
  })
})

test('masked addresses share a row', () => {
  const bench = new Bench(10, true)
  for (const address of [
    '192.0.2.1',
    '192.0.2.77',
    '::ffff:192.0.2.5',
    '2001:db8:1:2::3',
    '2001:db8:1:ffff::4',
  ])
    bench.open(address)
  expect(bench.read().rows.map(({ address, connections }) => [address, connections])).toEqual([
    ['192.0.2.0/24', 3],
    ['2001:db8:1::/48', 2],
  ])
})

describe('at more than 1,000 connections a second', () => {
  test('the first 1,000 are counted one by one', () => {
    const bench = new Bench(10)
    bench.openAtOnce(Array.from({ length: 1_000 }, (_, i) => ip(i % 4)))
    expect(bench.read().rows.map(({ connections }) => connections)).toEqual([250, 250, 250, 250])
  })

  test('the addresses that are looked up are a sample of all', () => {
    const bench = new Bench(10)
    const random = seeded(11)
    // Three quarters of one client, a quarter of another; 20 connections each millisecond.
    for (let ms = 0; ms < 10_000; ms++)
      for (const client of bench.openAtOnce(Array.from({ length: 20 }, () => ip(random() < 0.75 ? 1 : 2)))) {
        bench.request(client)
        bench.now--
        bench.close(client)
        bench.now--
      }
    bench.addUp()
    const shares = bench.read().rows.map(({ address, requests }) => [address, requests / 200_000])
    expect(shares).toEqual([
      [ip(1), expect.closeTo(0.75, 1)],
      [ip(2), expect.closeTo(0.25, 1)],
    ])
  })

  test('no more addresses are looked up', () => {
    const clients = new Clients(10, false)
    let lookups = 0
    const peer = {
      get address() {
        lookups++
        return ip(1)
      },
    }
    for (let ms = 0; ms < 1_000; ms++) for (let i = 0; i < 20; i++) clients.open(peer, ms)
    expect(lookups).toBe(1_999)
  })
})
