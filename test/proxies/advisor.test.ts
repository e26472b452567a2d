import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Advice } from '../../src/advisor/advice.ts'
import { advise } from '../../src/advisor/advise.ts'
import type { Intervals } from '../../src/advisor/intervals.ts'
import { AccessLog } from '../../src/cli/advise/logs/access-log.ts'
import { knownFormats } from '../../src/cli/advise/logs/recognise.ts'
import { fromPrometheus } from '../../src/cli/advise/prometheus.ts'
import { mergeSnapshots } from '../../src/stats/merge.ts'
import { makeKit } from '../support/kit.ts'
import { startMeasured } from '../support/measured.ts'
import { startPrometheus } from '../support/prometheus.ts'
import { type RunningProxy, startApache, startNginx } from '../support/proxies.ts'
import { lognormal } from '../support/random.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { type Walk, walk } from '../support/walkers.ts'
import { sleep, within } from '../support/within.ts'

/** How long each of the three keeps idle connections, in s. */
const kept = 2

const wait = lognormal(400, 1.2)

const traffic: Walk = {
  clients: 120,
  requests: 6,
  gap: (random) => Math.min(3_500, wait(random)),
  timeouts: [60_000],
}

const formatOf = (kind: string): string => knownFormats.find((known) => known.kind === kind)!.format

const timeouts = [50, 100, 200, 300, 500, 700, 1_000, 1_400, 1_800]

/** What the log of a proxy says, at its end. */
function fromLog(proxy: RunningProxy): Advice {
  const log = new AccessLog({ format: undefined, serverTimeout: kept * 1000 })
  log.push(readFileSync(proxy.accessLog))
  return advise(log.finish().intervals, { timeouts })
}

it("makes the same curve from nginx's log, from Apache's, and from the kit", {
  timeout: 60_000,
}, async () => {
  const { kit } = makeKit({ keepAliveTimeout: kept * 1000 - 1_000, keepAliveTimeoutBuffer: 1_000 })
  const { port } = await serve((_req, res) => res.end('ok'), kit.attach)
  const app = await serve(
    (_req, res) => res.end('ok'),
    () => {},
  )
  const server = `server 127.0.0.1:${app.port}; keepalive 8;`
  const nginx = await startNginx(server, { format: formatOf('nginx'), keepAliveTimeout: `${kept}s` })
  const apache = await startApache(app.port, 'ttl=1', {
    format: formatOf('apache'),
    keepAliveTimeout: `${kept}`,
  })
  const ports = [port, nginx.port, apache.port]
  await within(50_000, 'the traffic', Promise.all(ports.map((each) => walk(traffic, each))))
  // Kept for 2 s by whatever two numbers: without a buffer, its points are where those of the proxies are.
  const snapshot = {
    ...kit.snapshot(),
    timeouts: { keepAliveTimeout: kept * 1000, keepAliveTimeoutBuffer: 0 },
  }
  const own = advise(snapshot, { timeouts })
  const total = traffic.clients * traffic.requests
  expect(own.observed.intervals.total).toBe(total)
  for (const [proxy, lastOnes] of [
    [nginx, traffic.clients],
    [apache, 0],
  ] as const) {
    const advice = fromLog(proxy)
    // nginx's usual log does not say that a client asked for the close: the last request of each begins a wait too.
    const seen = total + lastOnes
    expect(advice.observed.intervals).toMatchObject({ total: seen, clientClosed: 0 })
    expect(advice.observed.requestsReused).toBe(advice.observed.intervals.reused)
    for (const timeout of timeouts) {
      const difference = (pointOf(advice, timeout) * seen) / total - pointOf(own, timeout)
      expect(Math.abs(difference), `${timeout} ms`).toBeLessThan(0.04)
    }
  }
})

const pointOf = ({ curve }: Advice, timeout: number): number =>
  curve.find((point) => point.timeout === timeout)!.reuse

/** A connection that waits so long between its requests. */
async function visit(port: number, waits: readonly number[]): Promise<void> {
  const client = await RawClient.open({ port })
  await client.get()
  for (const each of waits) {
    await sleep(each)
    await client.get()
  }
  await sleep(20)
  client.close()
}

it('adds up the instances that a Prometheus has seen', { timeout: 60_000 }, async () => {
  const instances = [
    await startMeasured({ keepAliveTimeout: 5_000 }),
    await startMeasured({ keepAliveTimeout: 5_000 }),
  ]
  const prometheus = await startPrometheus(instances.map(({ metricsPort }) => metricsPort))
  const requests = 'sum(keepalive_requests_total{job="app"})'
  // From their first scrape on counters have an increase.
  await prometheus.until('count(keepalive_requests_total)', (count) => count === 2)
  const [a, b] = instances
  const visits = Array.from({ length: 60 }, (_, i) =>
    visit(i % 3 === 0 ? a!.port : b!.port, [3 + i, 40 + 3 * i, 300 + 5 * i]),
  )
  await within(20_000, 'the visits', Promise.all(visits))
  await prometheus.until(requests, (value) => value === 240)
  const options = { url: prometheus.url, range: 60_000, matchers: 'job="app"', prefix: 'keepalive_' }
  const { source } = await fromPrometheus(options)
  expect(source).toMatchObject({ keepAliveTimeout: 5_000, keepAliveTimeoutBuffer: 1_000 })
  const kept6s = { keepAliveTimeout: 6_000, keepAliveTimeoutBuffer: 0 }
  const seen = advise({ ...(source as Intervals), ...kept6s })
  const snapshots = await Promise.all(instances.map((instance) => instance.snapshot()))
  const merged = advise({ ...mergeSnapshots(snapshots), timeouts: kept6s })
  const common = seen.curve.filter(({ timeout }) => timeout <= merged.observed.horizon)
  const compared = common.map(({ timeout, reuse }) => {
    const same = merged.curve.find((point) => Math.abs(point.timeout - timeout) < 0.01)!
    expect(Math.abs(reuse - same.reuse), `${timeout} ms`).toBeLessThan(0.03)
    return reuse
  })
  expect(compared.filter((reuse) => reuse > 0.1 && reuse < 0.7).length).toBeGreaterThan(2)
  // Prometheus extrapolates to the ends of the range: by half an interval between scrapes at the one, 1.1 at the other. Where it
  // has seen a single interval, that makes 2.6 of 1.
  expect(seen.observed.requests / 240).toBeGreaterThan(0.7)
  expect(seen.observed.requests / 240).toBeLessThan(2.7)
  await expect(fromPrometheus({ ...options, matchers: 'job="other"' })).rejects.toThrow(
    'has no keepalive_idle_gap',
  )
  await expect(fromPrometheus({ ...options, matchers: 'job=' })).rejects.toThrow('did not answer the query')
})
