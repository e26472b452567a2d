import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findTraffic } from '../../../src/doctor/diagnose.ts'
import type { FindingCode } from '../../../src/findings.ts'
import type { KeepAliveOptions } from '../../../src/policy/options.ts'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { every, SetUp } from '../../support/set-ups.ts'

const hour = 3_600_000
const minute = 60_000

/** A set-up with its options and its findings, without the prefix `KEEPALIVE_`. */
interface Row {
  readonly name: string
  readonly options?: KeepAliveOptions
  readonly happens: (setUp: SetUp) => void
  /** When the doctor looks, in ms. */
  readonly looksAt?: number
  readonly found: readonly Short<FindingCode>[]
  /** The beginning of the first message. */
  readonly says?: string
}

type Short<Code extends string> = Code extends `KEEPALIVE_${infer Rest}` ? Rest : never

/** A pool of connections that are used every few seconds for an hour. */
function pool(setUp: SetUp, address: string, connections: number): void {
  for (let i = 0; i < connections; i++) {
    const requests: number[] = []
    for (let at = i * 37; at < hour; at += 500 + setUp.random() * 6_000) requests.push(at)
    setUp.connect(address, requests, 20_000 + 30_000 * setUp.random())
  }
}

const healthy: readonly Row[] = [
  {
    name: 'an ALB: its pool and its health checks, from the same addresses',
    options: { behind: 'aws-alb' },
    happens: (setUp) => {
      for (const node of ['10.0.1.7', '10.0.2.9']) {
        pool(setUp, node, 20)
        every(30_000, hour, (at) => setUp.once(node, at, true))
      }
    },
    found: [],
  },
  {
    name: 'an ALB: health checks every 5 s, from other addresses than its pool',
    options: { behind: 'aws-alb' },
    happens: (setUp) => {
      pool(setUp, '10.0.1.7', 20)
      every(5_000, hour, (at) => setUp.once('10.0.1.8', at, true))
    },
    found: [],
  },
  {
    name: 'kubelet: three probes at a time, every second',
    happens: (setUp) =>
      every(1_000, hour, (at) => {
        for (const delay of [0, 4, 9]) setUp.once('10.244.0.1', at + delay, true)
      }),
    found: [],
  },
  {
    name: 'HAProxy: HTTP checks of four processes, every 2 s, without User-Agent',
    options: { behind: { proxy: 'haproxy', idleTimeout: 60_000 } },
    happens: (setUp) =>
      every(2_000, hour, (at) => {
        for (const delay of [0, 3, 5, 8]) setUp.once('10.0.0.3', at + delay)
      }),
    found: [],
  },
  {
    name: 'a TCP check, every second',
    happens: (setUp) => every(1_000, hour, (at) => setUp.touch('10.0.0.3', at)),
    found: [],
  },
  {
    name: 'Prometheus: a scrape every 15 s on one connection',
    happens: (setUp) => {
      const scrapes: number[] = []
      every(15_000, hour, (at) => scrapes.push(at))
      setUp.connect('10.0.0.9', scrapes, 5_000, 'client-idle', true)
    },
    found: [],
  },
  {
    name: 'cron: a curl every minute, for three hours',
    happens: (setUp) => every(minute, 3 * hour, (at) => setUp.connect('10.0.0.8', [at], 1)),
    found: [],
  },
  {
    name: 'users behind one address, with one request each',
    happens: (setUp) =>
      every(900, hour, (at) => setUp.connect('198.51.100.4', [at], 5_000 + 60_000 * setUp.random())),
    found: [],
  },
  {
    name: 'browsers that keep connections longer than the server',
    happens: (setUp) =>
      every(2_000, hour, (at, i) =>
        setUp.connect(`203.0.113.${i % 250}`, [at, at + 300, at + 900 + i], 300_000),
      ),
    found: [],
  },
  {
    name: 'WebSockets: a GET, then an upgrade',
    happens: (setUp) =>
      every(3_000, hour, (at) => setUp.upgrade('198.51.100.4', at, 600_000 * setUp.random())),
    found: [],
  },
  {
    name: 'supertest: 400 requests in 20 s, each on its own connection',
    happens: (setUp) => every(50, 20_000, (at) => setUp.once('127.0.0.1', at)),
    found: [],
  },
  {
    name: 'a script that pauses for 0.5 s between its requests and before it ends',
    happens: (setUp) =>
      every(10_000, hour, (at) =>
        setUp.connect('10.0.0.8', [at, at + 503, at + 1_009, at + 1_512, at + 2_019], 506),
      ),
    found: [],
  },
  {
    name: 'a script that runs each minute: one request, 5 s of sleep, exit',
    happens: (setUp) => every(minute, hour, (at) => setUp.connect('10.0.0.8', [at], 5_003)),
    found: ['PEER_TIMEOUT'],
    says: 'Clients may close idle connections after 5 s (60 of 60 closes',
  },
  {
    name: 'a program with 30 connections that exits 2 s after its requests',
    happens: (setUp) => {
      for (let i = 0; i < 30; i++) setUp.connect('10.0.0.8', [i], 2_030)
    },
    found: ['PEER_TIMEOUT'],
    says: 'Clients may close idle connections after 2.03 s (30 of 30 closes), at 1 moment',
  },
  {
    name: 'a proxy that closes 30 connections at once after 30 s, because it reloads',
    options: { behind: 'nginx' },
    happens: (setUp) => {
      for (let i = 0; i < 30; i++) setUp.connect('10.0.0.8', [i], 30_000)
    },
    found: ['PEER_TIMEOUT'],
    says: "Clients may close idle connections after 30 s (30 of 30 closes, the default of Java's java.net.http.HttpClient), at 1 moment",
  },
  {
    name: 'a script that pauses for 0.5 s before it closes each connection',
    happens: (setUp) => every(510, 20_000, (at) => setUp.connect('10.0.0.8', [at], 506)),
    found: ['PEER_TIMEOUT'],
    says: 'Clients may close idle connections after 506 ms (40 of 40 closes), at 20 moments',
  },
  {
    name: 'wrk: 64 connections with many requests each',
    happens: (setUp) => {
      for (let i = 0; i < 64; i++) {
        const requests: number[] = []
        every(20, 10_000, (at) => requests.push(at + i / 100))
        setUp.connect('192.0.2.7', requests, 0)
      }
    },
    looksAt: 2 * minute,
    found: [],
  },
]

const ill: readonly Row[] = [
  {
    name: 'nginx with keepalive: its timer closes',
    options: { behind: 'nginx' },
    happens: (setUp) =>
      every(7_000, hour, (at) =>
        setUp.connect('10.0.0.2', [at, at + 900, at + 4_000], 60_000 + setUp.random()),
      ),
    found: ['PEER_TIMEOUT'],
  },
  {
    name: 'HAProxy: its timer closes by RST',
    options: { behind: { proxy: 'haproxy', idleTimeout: 60_000 } },
    happens: (setUp) =>
      every(7_000, hour, (at) => setUp.connect('10.0.0.2', [at, at + 900], 60_000, 'client-reset')),
    found: ['PEER_TIMEOUT'],
    says: 'Clients close idle connections after 60 s',
  },
  {
    name: 'a proxy that keeps connections longer than its entry in behind says',
    options: { behind: { proxy: 'nginx', idleTimeout: 4_000 }, keepAliveTimeout: 5_000 },
    happens: (setUp) => every(700, hour / 10, (at) => setUp.connect('10.0.0.2', [at, at + 90], 60_000)),
    found: ['PROXY_NEVER_CLOSES'],
  },
  {
    name: 'ab without -k, within its minute',
    happens: (setUp) => every(10, 30_000, (at) => setUp.once('192.0.2.7', at)),
    found: ['LOAD_WITHOUT_REUSE'],
  },
  {
    name: 'nginx with default settings, 5 requests per second',
    options: { behind: 'nginx' },
    happens: (setUp) => every(200, 10 * minute, (at) => setUp.once('10.0.0.2', at)),
    found: ['CLIENT_NEVER_REUSES'],
  },
  {
    name: 'a program that creates and closes a client for each request',
    happens: (setUp) => every(100, 5 * minute, (at) => setUp.connect('10.0.3.17', [at], 2)),
    found: ['CLIENT_NEVER_REUSES'],
  },
]

test.each([...healthy, ...ill])('$name: $found', ({ options, happens, looksAt, found, says = '' }) => {
  const policy = resolvePolicy(options)
  const setUp = new SetUp({ idleTimeout: policy.keepAliveTimeout })
  happens(setUp)
  const findings = findTraffic(setUp.snapshot(looksAt), policy)
  expect(findings.map(({ code }) => code)).toEqual(found.map((code) => `KEEPALIVE_${code}`))
  expect(findings[0]?.message ?? '').toContain(says)
})

test('the page of the findings has all set-ups', () => {
  const page = readFileSync(new URL('../../../docs/findings.md', import.meta.url), 'utf8')
  const rows = [...healthy, ...ill].map(({ name, found }) => {
    const links = found.map((code) => `[\`${code}\`](findings/KEEPALIVE_${code}.md)`).join(', ')
    return `| ${name} | ${links || 'none'} |`
  })
  const [, table = ''] = page.split('\n| traffic | findings |\n| --- | --- |\n')
  expect(table.trim().split('\n')).toEqual(rows)
})
