import { describe, expect, it } from 'vitest'
import type { Cause } from '../../src/explain/causes.ts'
import type { LoggedFailure } from '../../src/explain/failure.ts'
import { Join } from '../../src/explain/join.ts'
import type { ConnectionRecord } from '../../src/explain/records.ts'
import { Survey } from '../../src/explain/survey.ts'
import { failureOf, recordOf, start } from '../support/closed-record.ts'
import { seeded } from '../support/random.ts'
import { sum } from '../support/sums.ts'

interface World {
  readonly failures: { readonly failure: LoggedFailure; readonly truth: Cause }[]
  readonly records: ConnectionRecord[]
}

/** What the log of a proxy has. */
interface Log {
  readonly hasPort: boolean
  readonly hasTarget: boolean
  /** In ms. */
  readonly precision: number
  /** From the server to the proxy, in ms. */
  readonly lag: number
  readonly skew: number
}

/** A connection, and how it is going to end. */
interface Open {
  readonly at: number
  readonly ends: number
  readonly port: number
  readonly server: number
  readonly id: number
  readonly end: 'race' | 'destroy' | 'cap' | 'idle' | 'client'
}

const servers = 3
const connections = 4_000
/** As Linux does it, a port is used again when all others have been, and for several servers at a time. */
const ports = 150

/** Servers with connections that end in all ways, one of them by a crash now and then. */
function simulate(seed: number, { hasPort, hasTarget, precision, lag, skew }: Log): World {
  const random = seeded(seed)
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
  const world: World = { failures: [], records: [] }
  const ids = Array.from({ length: servers }, () => 0)
  const used = [0, 40, 90]
  const pids = Array.from({ length: servers }, (_, i) => 100 * (i + 1))
  const open: Open[] = []
  const crashes = Array.from({ length: 12 }, () => ({
    at: random() * connections * 40,
    server: Math.floor(random() * servers),
  }))
  crashes.sort((a, b) => a.at - b.at)
  const fail = (
    at: number,
    truth: Cause,
    port: number,
    server: number,
    symptom: LoggedFailure['symptom'] = 'closed',
  ): void => {
    // A busy machine is late now and then.
    const late = random() < 0.05 ? 120 * random() : 0
    const exact = start + at + lag * (0.8 + 0.4 * random()) + late + skew
    const time = Math.floor(exact / precision) * precision
    const target = hasTarget ? `10.0.0.${server}:3000` : ''
    world.failures.push({
      failure: failureOf({ time, until: time + precision, port: hasPort ? port : 0, target, symptom }),
      truth,
    })
  }
  const close = ({ at, ends, port, server, id }: Open, how: Partial<ConnectionRecord>): void => {
    const closedAt = Math.round(start + ends)
    const change = { id, remotePort: port, target: `10.0.0.${server}:3000`, process: ` ${pids[server]}` }
    world.records.push(recordOf({ ...change, closedAt, age: Math.round(ends - at), late: 0, ...how }))
  }
  const endAll = (until: number): void => {
    for (let i = open.length - 1; i >= 0; i--) {
      const each = open[i]!
      if (each.ends > until) continue
      open.splice(i, 1)
      const { ends, port, server, end } = each
      if (end === 'race') {
        fail(ends - 2 * lag, 'idle-timeout', port, server)
        close(each, { late: 1 })
      } else if (end === 'destroy') {
        close(each, { reason: 'app', appClose: 'socket' })
        fail(ends, 'app-destroy', port, server)
      } else if (end === 'cap') {
        fail(ends - 2 * lag, 'cap', port, server)
        close(each, { reason: 'max-requests', late: 1 })
      } else if (end === 'idle') close(each, {})
      else close(each, { reason: 'client-idle', closedBy: 'client' })
    }
  }
  for (let i = 0; i < connections; i++) {
    const at = i * 40 + random() * 30
    while (crashes[0] && crashes[0].at <= at) {
      const { at: when, server } = crashes.shift()!
      endAll(when)
      // Half of the connections had a request under way.
      for (let k = open.length - 1; k >= 0; k--) {
        const each = open[k]!
        if (each.server !== server) continue
        open.splice(k, 1)
        if (random() < 0.5) fail(when, 'crash', each.port, server)
      }
      fail(when + 20, 'refused', 0, server, 'refused')
      pids[server]!++
      ids[server] = 0
    }
    endAll(at)
    const server = Math.floor(random() * servers)
    const port = 40_000 + (used[server]!++ % ports)
    const end = pick<Open['end']>(['race', 'destroy', 'cap', 'idle', 'client', 'client', 'client', 'client'])
    open.push({ at, ends: at + 200 + random() * 3_000, port, server, id: ++ids[server]!, end })
  }
  endAll(Number.POSITIVE_INFINITY)
  world.records.sort((a, b) => a.closedAt - b.closedAt)
  return world
}

function outcomes(seed: number, log: Log): Record<string, number> {
  const { failures, records } = simulate(seed, log)
  const survey = new Survey(failures.map(({ failure }) => failure))
  for (const record of records) survey.see(record)
  const join = new Join(
    failures.map(({ failure }) => failure),
    survey.finish(true),
  )
  for (const record of records) join.match(record)
  const truths = [...failures].sort((a, b) => a.failure.time - b.failure.time)
  const tally: Record<string, number> = {}
  for (const [i, { cause, certainty }] of join.explain().entries()) {
    const outcome =
      cause === 'unknown'
        ? 'unknown'
        : cause === truths[i]!.truth
          ? 'right'
          : `WRONG ${truths[i]!.truth} as ${cause}`
    const key = `${certainty} ${outcome}`
    tally[key] = (tally[key] ?? 0) + 1
  }
  return tally
}

/** How many of the failures, at least, have a cause; the other ones are unknown. */
const cases: readonly (readonly [name: string, log: Log, known: number])[] = [
  ['port and target', { hasPort: true, hasTarget: true, precision: 1, lag: 1, skew: 0 }, 0.99],
  [
    'port and target, a slow network, another clock',
    { hasPort: true, hasTarget: true, precision: 1, lag: 40, skew: 7_300 },
    0.99,
  ],
  [
    'port and target, whole seconds',
    { hasPort: true, hasTarget: true, precision: 1_000, lag: 1, skew: 0 },
    0.95,
  ],
  ['the port alone', { hasPort: true, hasTarget: false, precision: 1, lag: 1, skew: 0 }, 0.2],
  [
    'the port alone, another clock',
    { hasPort: true, hasTarget: false, precision: 1, lag: 1, skew: 7_300 },
    0,
  ],
  [
    'the port alone, another zone',
    { hasPort: true, hasTarget: false, precision: 1, lag: 1, skew: 3_600_000 },
    0,
  ],
  [
    'ms and target, another zone',
    { hasPort: false, hasTarget: true, precision: 1, lag: 1, skew: 3_600_000 },
    0,
  ],
  [
    'ms and target, another clock',
    { hasPort: false, hasTarget: true, precision: 1, lag: 1, skew: -41_000 },
    0,
  ],
  [
    'ms and target, nearly the same clock',
    { hasPort: false, hasTarget: true, precision: 1, lag: 1, skew: 700 },
    0,
  ],
  [
    'port and target, nearly the same clock',
    { hasPort: true, hasTarget: true, precision: 1, lag: 1, skew: 700 },
    0,
  ],
  ['ms and target', { hasPort: false, hasTarget: true, precision: 1, lag: 1, skew: 0 }, 0.25],
  [
    'ms and target, a slow network',
    { hasPort: false, hasTarget: true, precision: 1, lag: 40, skew: 0 },
    0.25,
  ],
  ['whole seconds and target', { hasPort: false, hasTarget: true, precision: 1_000, lag: 1, skew: 0 }, 0.05],
  ['whole seconds alone', { hasPort: false, hasTarget: false, precision: 1_000, lag: 1, skew: 0 }, 0],
]

describe('no cause is wrong where the log has', () => {
  it.each(cases)('%s', (_, log, known) => {
    for (const seed of [1, 2, 3]) {
      const tally = outcomes(seed, log)
      expect(
        Object.keys(tally).filter((key) => key.includes('WRONG')),
        JSON.stringify(tally),
      ).toEqual([])
      const total = sum(Object.values(tally))
      expect(total - (tally['unknown unknown'] ?? 0), JSON.stringify(tally)).toBeGreaterThanOrEqual(
        known * total,
      )
    }
  })
})
