import { said } from '../../src/connection/verdict.ts'
import type { ClientLine, ConnectionLine } from '../../src/dashboard/messages.ts'
import { Rings, type SamplesByRange } from '../../src/dashboard/samples.ts'
import { isHealthChecker, opensForEach } from '../../src/doctor/traffic/clients.ts'
import { type CloseReason, closeReasons } from '../../src/reasons.ts'
import { Ledger } from '../../src/stats/ledger.ts'
import { TestClock } from './clock.ts'
import { exponential, lognormal, seeded } from './random.ts'
import type { Script } from './scripted-page.ts'

/** A page's script with this many open connections, as many closed ones, and a quarter of an hour of history. */
export function busyScript(connections: number): Script {
  const known = scripts.get(connections)
  if (known) return known
  const script = makeScript(connections)
  scripts.set(connections, script)
  return script
}

const scripts = new Map<number, Script>()

/** How long the peers keep idle connections, in ms. */
const peerTimeout = 6_000

function makeScript(connections: number): Script {
  const random = seeded(7)
  const clock = new TestClock()
  const waits: number[] = []
  const ledger = new Ledger({
    clock,
    policy: { clients: 1_000, maskAddresses: false, keepAliveTimeoutBuffer: 4_000 },
    idleTimeout: () => 4_000,
    idleTimes: () => waits,
  })
  const gap = lognormal(900, 1.6)
  for (let i = 0; i < connections * 2; i++) {
    const address = `198.51.${(i * 7) % 97}.${i % 5}`
    const client = ledger.opened('new', { address }, clock.now())
    const openedAt = clock.now()
    const isOpen = i % 2 === 0
    let requests = 0
    let state = 'new' as 'new' | 'active' | 'idle'
    const move = (to: typeof state): void => {
      ledger.moved(state, to)
      state = to
    }
    for (const wanted = i % 10 === 1 ? 1 : 1 + Math.round(exponential(9)(random)); requests < wanted; ) {
      if (state === 'idle') ledger.idleEnded('reused', Math.min(7_900, gap(random)), i & 15)
      ledger.requested(client, requests > 0, clock.now())
      requests++
      move('active')
      ledger.answered()
      move('idle')
    }
    if (isOpen) {
      waits.push(4_000 * random())
      continue
    }
    const byPeer = i % 3 === 0
    clock.pass(200)
    const wait = byPeer ? peerTimeout + 30 * random() : 8_000
    ledger.idleEnded(byPeer ? 'clientClosed' : 'cutOff', wait, i & 15)
    ledger.moved('idle', 'closed' as never)
    const ending = byPeer ? said('client-idle', 'client') : said('idle-timeout', 'server')
    const record = {
      openedAt: openedAt - 9_000,
      requests,
      waitsSince: openedAt,
      client,
      appClose: 'socket',
    } as const
    ledger.closed(record, ending, clock.now())
  }
  clock.pass(900_000)
  const { clients, ...summary } = ledger.snapshot()
  const lines = clients.rows.map(
    (row): ClientLine => ({ ...row, neverReuses: opensForEach(row), checksHealth: isHealthChecker(row) }),
  )
  return {
    options: { keepAliveTimeout: 4_000, keepAliveTimeoutBuffer: 4_000 },
    summary,
    history: samples(connections, summary.takenAt),
    clients: lines.map((row, i) => (i === 2 ? { ...row, reused: 0, neverReuses: true } : row)),
    connections: Array.from({ length: Math.min(connections, 100) }, (_, i) => line(i)),
    total: connections,
    timeline: ['0.000 s  accepted', '0.004 s  request GET /', '0.012 s  response 200 (after 8 ms)'],
  }
}

/** 6 h of them. */
function samples(connections: number, now: number): SamplesByRange {
  const rings = new Rings()
  const all = 4_320
  for (let i = 0; i < all; i++) {
    const swing = 1 + 0.3 * Math.sin(i / 17)
    const each = (share: number): number => Math.round(connections * share * swing)
    const reasons: Partial<Record<CloseReason, number>> = {}
    closeReasons.forEach((reason, r) => {
      if (each(0.02 / (r + 1)) > 0) reasons[reason] = each(0.02 / (r + 1))
    })
    rings.add({
      at: now - (all - i) * 5_000,
      length: 5_000,
      open: each(1),
      idle: each(0.8),
      opened: each(0.1),
      requests: each(2),
      reused: each(1.8),
      reasons,
    })
  }
  return rings.all
}

function line(i: number): ConnectionLine {
  return {
    id: 100_000 + i,
    requests: i,
    reused: Math.max(0, i - 1),
    age: 1_000 * i,
    idleBefore: 0,
    idle: i % 2 === 0 ? 10 * i : 0,
    state: i % 2 === 0 ? 'idle' : 'active',
    remoteAddress: i % 3 === 0 ? '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff' : `198.51.100.${i}`,
    remotePort: 40_000 + i,
    tls: i % 4 === 0 ? 'TLSv1.3' : null,
    activeRequests: i % 2,
    peakRequests: 1,
    protocol: '1.1',
    bytesRead: i * 812,
    bytesWritten: i * 98_211,
    page: i === 1,
  }
}
