import { said } from '../../src/connection/verdict.ts'
import type { Snapshot } from '../../src/stats/snapshot.ts'
import { LedgerBench, type ToldConnection } from './ledger.ts'
import { type Draw, exponential, lognormal, mixture, pareto, seeded } from './random.ts'

/** Requests of one thread of a client, one after the other; the thread keeps a connection for them. Times in ms. */
export interface Thread {
  readonly address: string
  /** When the client closes an idle connection. */
  readonly timeout: number
  readonly times: readonly number[]
}

/** A law of traffic over time: what clients do, whatever the server's timeout is (open loop). */
export interface TimedLaw {
  readonly name: string
  readonly length: number
  readonly threads: (random: () => number, length: number) => Thread[]
}

const minute = 60_000

/** Request times with independent gaps, from a random start on. */
function steady(random: () => number, length: number, gap: Draw): number[] {
  const times: number[] = []
  for (let at = gap(random) * random(); at < length; at += gap(random)) times.push(at)
  return times
}

const addressOf = (client: number): string => `10.${client >> 16}.${(client >> 8) & 255}.${client & 255}`

/** Clients with one thread each. */
const clients =
  (count: number, gapOf: (random: () => number) => Draw, timeout = 1e9): TimedLaw['threads'] =>
  (random, length) =>
    Array.from({ length: count }, (_, client) => ({
      address: addressOf(client),
      timeout,
      times: steady(random, length, gapOf(random)),
    }))

/** One client with many threads, like a proxy. */
const balancer =
  (
    count: number,
    times: (random: () => number, length: number) => number[][],
    timeout = 60_000,
  ): TimedLaw['threads'] =>
  (random, length) =>
    times(random, length)
      .slice(0, count)
      .map((each) => ({ address: '10.0.0.1', timeout, times: each }))

/** All threads send often while the load is on, and rarely while it is off. */
const onOff =
  (threads: number, period: number, on: Draw, off: Draw) =>
  (random: () => number, length: number): number[][] =>
    Array.from({ length: threads }, () => {
      const times: number[] = []
      for (let at = random() * 1_000; at < length; ) {
        times.push(at)
        at += (Math.floor(at / period) % 2 === 0 ? on : off)(random)
      }
      return times
    })

/** The load is on and off for random times. */
const bursts =
  (threads: number, mean: number, on: Draw, off: Draw) =>
  (random: () => number, length: number): number[][] => {
    const turns: number[] = []
    for (let at = 0; at < length; at += exponential(mean)(random)) turns.push(at)
    return Array.from({ length: threads }, () => {
      const times: number[] = []
      let turn = 0
      for (let at = random() * 1_000; at < length; ) {
        times.push(at)
        while (turn + 1 < turns.length && turns[turn + 1]! <= at) turn++
        at += (turn % 2 === 0 ? on : off)(random)
      }
      return times
    })
  }

const alike = (random: () => number): Draw => exponential(lognormal(4_000, 1)(random))

export const timedLaws: readonly TimedLaw[] = [
  {
    name: '400 clients, exponential gaps',
    length: 2 * minute,
    threads: clients(400, () => exponential(8_000)),
  },
  {
    name: '400 clients, lognormal gaps',
    length: 2 * minute,
    threads: clients(400, () => lognormal(3_000, 1.5)),
  },
  { name: '400 clients, Pareto gaps', length: 2 * minute, threads: clients(400, () => pareto(500, 0.9)) },
  {
    name: '400 clients that close after 4 s',
    length: 2 * minute,
    threads: clients(400, () => exponential(8_000), 4_000),
  },
  {
    name: '300 clients with bursts',
    length: 2 * minute,
    threads: clients(300, () => mixture([0.7, exponential(200)], [0.3, lognormal(10_000, 1)])),
  },
  { name: '300 clients, each with its own mean gap', length: 3 * minute, threads: clients(300, alike) },
  { name: '150 clients, each with its own mean gap', length: 3 * minute, threads: clients(150, alike) },
  { name: '100 clients, each with its own mean gap', length: 3 * minute, threads: clients(100, alike) },
  {
    name: '100 clients, exponential gaps',
    length: 3 * minute,
    threads: clients(100, () => exponential(8_000)),
  },
  { name: '40 clients, each with its own mean gap', length: 8 * minute, threads: clients(40, alike) },
  {
    name: '1 balancer, 60 threads, exponential gaps',
    length: 3 * minute,
    threads: balancer(60, (random, length) =>
      Array.from({ length: 60 }, () => steady(random, length, exponential(8_000))),
    ),
  },
  {
    name: '1 balancer, load on and off every 10 s',
    length: 10 * minute,
    threads: balancer(40, onOff(40, 10_000, exponential(1_500), exponential(12_000))),
  },
  {
    name: '1 balancer, load on and off every 40 s',
    length: 20 * minute,
    threads: balancer(30, onOff(30, 40_000, exponential(3_000), exponential(12_000))),
  },
  {
    name: '1 balancer, bursts of 15 s on average',
    length: 15 * minute,
    threads: balancer(30, bursts(30, 15_000, exponential(2_000), exponential(12_000))),
  },
  {
    name: '1 balancer, bursts of 5 s on average',
    length: 10 * minute,
    threads: balancer(30, bursts(30, 5_000, exponential(2_000), exponential(12_000))),
  },
  {
    name: '2 balancers, one busy, one slow',
    length: 3 * minute,
    threads: (random, length) =>
      [2_000, 15_000].flatMap((mean, i) =>
        Array.from({ length: 40 }, () => ({
          address: addressOf(i),
          timeout: 60_000,
          times: steady(random, length, exponential(mean)),
        })),
      ),
  },
  {
    name: 'a balancer beside 200 clients',
    length: 3 * minute,
    threads: (random, length) => [
      ...Array.from({ length: 30 }, () => ({
        address: '192.0.2.1',
        timeout: 60_000,
        times: steady(random, length, exponential(3_000)),
      })),
      ...clients(200, alike)(random, length),
    ],
  },
  {
    name: '200 clients with 3 threads each',
    length: 2 * minute,
    threads: (random, length) =>
      Array.from({ length: 200 }, (_, client) => {
        const gap = alike(random)
        return Array.from({ length: 3 }, () => ({
          address: addressOf(client),
          timeout: 1e9,
          times: steady(random, length, gap),
        }))
      }).flat(),
  },
]

/** What a server with this idle timeout counts, in ms. */
export function serveInTime({ threads, length }: TimedLaw, keepAliveTimeout: number, seed: number): Snapshot {
  const bench = new LedgerBench({ idleTimeout: keepAliveTimeout, clients: 1_000 })
  const kept = keepAliveTimeout + 1_000
  const acts: { at: number; act: () => void }[] = []
  for (const { address, timeout, times } of threads(seeded(seed), length)) {
    let connection: ToldConnection | undefined
    for (const [i, at] of times.entries()) {
      acts.push({
        at,
        act: () => {
          connection ??= bench.open(address)
          bench.exchange(connection)
        },
      })
      const idle = Math.min(kept, timeout)
      if (at + idle < Math.min(times[i + 1] ?? length, length))
        acts.push({
          at: at + idle,
          act: () => {
            if (idle === kept) connection!.close('idle-timeout')
            connection!.end(idle === kept ? said('idle-timeout', 'server') : said('client-idle', 'client'))
            connection = undefined
          },
        })
    }
  }
  acts.sort((a, b) => a.at - b.at)
  const start = bench.clock.now()
  for (const { at, act } of acts) {
    bench.clock.pass(Math.max(0, start + at - bench.clock.now()))
    act()
  }
  bench.clock.pass(Math.max(0, start + length - bench.clock.now()))
  return bench.ledger.snapshot()
}

/**
 * The shares of idle intervals that a request ends within these times, in ms, over many runs of the law. Only intervals that
 * begin early enough to observe all of these times count.
 */
export function trueShares({ threads, length }: TimedLaw, times: readonly number[], runs: number): number[] {
  const within = times.map(() => 0)
  const last = length - Math.max(...times)
  let all = 0
  for (let run = 0; run < runs; run++)
    for (const { timeout, times: requests } of threads(seeded(1_000_003 + run), length))
      for (const [i, at] of requests.entries()) {
        if (at > last) break
        const gap = (requests[i + 1] ?? Number.POSITIVE_INFINITY) - at
        all++
        for (const [k, time] of times.entries()) if (gap <= Math.min(time, timeout)) within[k]!++
      }
  return within.map((count) => count / all)
}
