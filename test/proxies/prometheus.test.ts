import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { closeReasons } from '../../src/reasons.ts'
import type { Histogram, Snapshot } from '../../src/stats/snapshot.ts'
import { type MeasuredInstance, startMeasured } from '../support/measured.ts'
import { type Prometheus, type RecordingRule, startPrometheus, type Value } from '../support/prometheus.ts'
import { RawClient } from '../support/raw.ts'
import { sleep } from '../support/within.ts'

const folder = join(import.meta.dirname, '../../prometheus')
const promtool = (...args: readonly string[]): string =>
  execFileSync('promtool', args, { cwd: folder, encoding: 'utf8', timeout: 30_000 })

it('promtool finds nothing wrong with the rules, and their tests pass', () => {
  expect(promtool('check', 'rules', 'rules.yml')).toContain('SUCCESS')
  expect(promtool('test', 'rules', join(import.meta.dirname, 'rules.test.yml'))).toContain('SUCCESS')
})

/** A client's connection: waits of so many ms between its requests, then the client closes. */
async function visit(port: number, ...waits: readonly number[]): Promise<void> {
  const client = await RawClient.open({ port })
  await client.get()
  for (const wait of waits) {
    await sleep(wait)
    await client.get()
  }
  await sleep(10)
  client.close()
}

/** Comes back just after the server has closed, and is not answered. */
async function comeLate(port: number): Promise<void> {
  const client = await RawClient.open({ port })
  await client.get()
  await client.end()
  client.write('GET / HTTP/1.1\r\nHost: late\r\n\r\n')
  await sleep(50)
  client.close()
}

/** A connection that asks, and is left open and idle. */
async function stay(port: number): Promise<void> {
  const client = await RawClient.open({ port })
  await client.get()
}

const times = (count: number, act: () => Promise<void>): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, act))

/** How many connections are left open on each instance. */
const staying = [3, 0, 2]

async function load([a, b, c]: readonly MeasuredInstance[]): Promise<void> {
  await Promise.all([
    times(20, () => visit(a!.port, 5, 50, 200, 400)),
    times(2, () => visit(a!.port, 4_200)),
    times(9, () => visit(a!.port)),
    times(5, () => visit(b!.port, 20, 100)),
    times(3, () => comeLate(b!.port)),
    times(2, async () => (await RawClient.open({ port: b!.port })).close()),
    times(4, () => visit(c!.port, 10)),
    times(2, () => visit(c!.port, 1_400)),
  ])
  for (const [i, { port }] of [a!, b!, c!].entries()) await times(staying[i]!, () => stay(port))
}

/** The snapshots once there are only those connections left that stay. */
async function settled(instances: readonly MeasuredInstance[]): Promise<Snapshot[]> {
  for (let tries = 0; tries < 100; tries++) {
    const snapshots = await Promise.all(instances.map((instance) => instance.snapshot()))
    const rests = ({ connections: { open, states } }: Snapshot, i: number): boolean =>
      open === staying[i] && states.idle === open
    if (snapshots.every(rests)) return snapshots
    await sleep(50)
  }
  throw new Error('after 5 s there are other connections than those that stay')
}

/** What the metrics have to be, by expression: the sum over the snapshots. */
const totals: Record<string, (snapshot: Snapshot) => number> = {
  keepalive_connections_opened_total: (s) => s.connections.opened,
  keepalive_connections_closed_total: (s) => s.connections.closed,
  keepalive_connections_closed_by_total: (s) => s.connections.closed,
  'keepalive_connections_closed_by_total{closed_by="server"}': (s) => s.connections.closedBy.server,
  keepalive_connections_open: (s) => s.connections.open,
  'keepalive_connections_open{state="idle"}': (s) => s.connections.states.idle,
  keepalive_requests_total: (s) => s.requests.total,
  keepalive_requests_reused_total: (s) => s.requests.reused,
  keepalive_requests_late_total: (s) => s.requests.late,
  keepalive_near_misses_total: (s) => s.requests.nearMisses,
  keepalive_connection_age_seconds_count: (s) => s.histograms.age.count,
  keepalive_connection_age_seconds_sum: (s) => s.histograms.age.sum / 1000,
  keepalive_requests_per_connection_sum: (s) => s.histograms.requestsPerConnection.sum,
  keepalive_first_request_seconds_count: (s) => s.histograms.firstRequest.count,
  'keepalive_idle_gap_seconds_count{outcome="reused"}': (s) => s.histograms.idleGap.reused.count,
  'keepalive_idle_gap_seconds_bucket{outcome="reused",le="0.064"}': (s) =>
    below(6, s.histograms.idleGap.reused),
  'keepalive_idle_gap_seconds_sum{outcome="cut-off"}': (s) => s.histograms.idleGap.cutOff.sum / 1000,
}
for (const reason of closeReasons)
  totals[`keepalive_connections_closed_total{reason="${reason}"}`] = (s) => s.connections.reasons[reason]

const add = (a: number, b: number): number => a + b

/** How many values lie below a power of two. */
const below = (octave: number, { bins }: Histogram): number => bins.slice(0, octave * 4 + 1).reduce(add, 0)

/** What the rules record, over the whole time, from the snapshots. */
function ratiosOf(snapshots: readonly Snapshot[]): Record<string, number> {
  const sum = (read: (snapshot: Snapshot) => number): number => snapshots.map(read).reduce(add, 0)
  const skew = (read: (snapshot: Snapshot) => number): number =>
    (Math.max(...snapshots.map(read)) * snapshots.length) / sum(read)
  const requests = sum((s) => s.requests.total)
  const reused = sum((s) => s.requests.reused)
  const late = sum((s) => s.requests.late)
  const gaps = sum((s) => s.histograms.idleGap.reused.count)
  const byClient = sum((s) => s.histograms.idleGap.clientClosed.count)
  const cutOff = sum((s) => s.histograms.idleGap.cutOff.count)
  const perConnection = (read: (histogram: Histogram) => number): number =>
    sum((s) => read(s.histograms.requestsPerConnection))
  const unused = perConnection((h) => below(0, h))
  const closed = perConnection((h) => h.count)
  return {
    'job:keepalive_reuse:ratio_rate5m': reused / requests,
    'job:keepalive_requests_per_connection:mean_rate5m': perConnection((h) => h.sum) / closed,
    'job:keepalive_never_reused:ratio_rate5m':
      (perConnection((h) => below(1, h)) - unused) / (closed - unused),
    'job:keepalive_late:ratio_rate5m': late / (requests + late),
    'job:keepalive_near_misses:ratio_rate5m': sum((s) => s.requests.nearMisses) / reused,
    'job:keepalive_reuse_after_node_default:ratio_rate5m':
      1 - sum((s) => below(12, s.histograms.idleGap.reused)) / gaps,
    'job:keepalive_idle_ended_by_client:ratio_rate5m': byClient / (byClient + cutOff),
    'job:keepalive_request_skew:ratio_rate5m': skew((s) => s.requests.total),
    'job:keepalive_connection_skew:ratio': skew((s) => s.connections.open),
  }
}

/** A rule's expression over the whole time instead of the last minutes. */
const sinceStart = (query: string): string => query.replaceAll(/rate\(([^[\]]+)\[5m\]\)/g, '$1')

const onlyValue = (values: readonly Value[]): number | undefined =>
  values.length === 1 ? values[0]!.value : undefined

async function expectTotals(prometheus: Prometheus, snapshots: readonly Snapshot[]): Promise<void> {
  for (const [metric, read] of Object.entries(totals)) {
    const value = onlyValue(await prometheus.query(`sum(${metric})`))
    expect(value, metric).toBeCloseTo(snapshots.map(read).reduce(add, 0), 9)
  }
}

async function expectRatios(
  prometheus: Prometheus,
  rules: readonly RecordingRule[],
  snapshots: readonly Snapshot[],
): Promise<void> {
  const ratios = ratiosOf(snapshots)
  expect(rules.map(({ name }) => name).sort()).toEqual(
    [...Object.keys(ratios), 'instance:keepalive_reuse:ratio_rate5m'].sort(),
  )
  for (const { name, query, health } of rules) {
    expect(health, name).toBe('ok')
    if (ratios[name] === undefined) continue
    expect(ratios[name], name).toBeGreaterThan(0)
    expect(onlyValue(await prometheus.query(sinceStart(query))), name).toBeCloseTo(ratios[name], 9)
    // The instances are scraped at different times, and rates reach out to the ends of their window.
    expect(onlyValue(await prometheus.query(name))! / ratios[name], name).toSatisfy(
      (quotient: number) => quotient > 0.7 && quotient < 1.3,
    )
  }
}

it('a real Prometheus has the sums of three instances’ snapshots, and so do the rules', {
  timeout: 90_000,
}, async () => {
  const timeouts = [
    { keepAliveTimeout: 60_000 },
    { keepAliveTimeout: 300, keepAliveTimeoutBuffer: 0 },
    { keepAliveTimeout: 1_000, keepAliveTimeoutBuffer: 30_000 },
  ]
  const instances = await Promise.all(timeouts.map(startMeasured))
  const prometheus = await startPrometheus(
    instances.map(({ metricsPort }) => metricsPort),
    join(folder, 'rules.yml'),
  )
  await prometheus.until('count(keepalive_requests_total)', (count) => count === 3)
  await load(instances)
  const snapshots = await settled(instances)
  const taken = Date.now() / 1000
  await prometheus.until('min(timestamp(keepalive_requests_total))', (scraped) => scraped > taken)
  const scraped = Date.now() / 1000
  await prometheus.until('timestamp(job:keepalive_reuse:ratio_rate5m)', (recorded) => recorded > scraped)
  const rules = await prometheus.recordingRules()
  await expectTotals(prometheus, snapshots)
  await expectRatios(prometheus, rules, snapshots)
})
