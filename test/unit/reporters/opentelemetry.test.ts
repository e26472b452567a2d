import { channel } from 'node:diagnostics_channel'
import { metrics } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { describe, expect, it, onTestFinished } from 'vitest'
import { channelNames } from '../../../src/channels.ts'
import type { ClosedConnection } from '../../../src/closed.ts'
import { type Policy, resolvePolicy } from '../../../src/policy/policy.ts'
import { type Observed, type ObserveOptions, observeMetrics } from '../../../src/reporters/opentelemetry.ts'
import type { Snapshot } from '../../../src/stats/snapshot.ts'
import { countsOf } from '../../support/histogram.ts'
import { makeKit } from '../../support/kit.ts'
import { RawClient } from '../../support/raw.ts'
import { serve } from '../../support/server.ts'
import { snapshotOf } from '../../support/snapshots.ts'
import { textOf } from '../../support/text-of.ts'

const busy = snapshotOf({
  connections: { opened: 12, states: { active: 2, idle: 4 } },
  requests: { ...{ total: 40, reused: 28, refused: 1 }, ...{ dropped: 2, late: 3, nearMisses: 4 } },
  histograms: { idleGap: { reused: countsOf(500, 40_000), cutOff: countsOf(66_000) } },
})

interface Observing {
  readonly provider: MeterProvider
  /** Closed when the test ends. */
  observe(kit: Observed, options?: ObserveOptions): () => void
  /** Collects the metrics, and returns them by name. */
  collect(): Promise<Map<string, MetricData>>
}

function exportingTo(exporter: PushMetricExporter): MeterProvider {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  onTestFinished(() => provider.shutdown())
  return provider
}

function inMemory(): Observing {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const provider = exportingTo(exporter)
  return {
    provider,
    observe: (kit, options) => observing(kit, provider, options),
    async collect() {
      exporter.reset()
      await provider.forceFlush()
      const metrics = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((s) => s.metrics))
      return new Map(metrics.map((metric) => [metric.descriptor.name, metric]))
    },
  }
}

function observing(kit: Observed, provider: MeterProvider, options?: ObserveOptions): () => void {
  const stop = observeMetrics(kit, provider, options)
  onTestFinished(stop)
  return stop
}

const kitOf = (snapshot: () => Snapshot, policy: Policy = resolvePolicy()): Observed => ({ policy, snapshot })

const pointsOf = (metric: MetricData | undefined): [unknown, object][] =>
  (metric!.dataPoints as DataPoint<unknown>[]).map(({ value, attributes }) => [value, attributes])

const idler: ClosedConnection = {
  ...{ id: 1, requests: 3, reused: 2, age: 1500, idleAtClose: 900, late: 0, dropped: 0, bytesRead: 1 },
  ...{
    closedBy: 'client',
    reason: 'client-idle',
    bytesWritten: 1,
    remoteAddress: '192.0.2.7',
    remotePort: 1,
  },
  ...{ tls: 'TLSv1.3', protocol: '1.1', closedAt: 1_795_824_788_504 },
  ...{ localAddress: '192.0.2.1', localPort: 443, appClose: undefined },
}
const close = (policy: Policy, change: Partial<ClosedConnection> = {}): void =>
  channel(channelNames.close).publish({ connection: { ...idler, ...change }, policy })

describe('what is observed', () => {
  it('comes from the snapshot, times in seconds', async () => {
    const { observe, collect } = inMemory()
    observe(kitOf(() => busy))
    const metrics = [...(await collect()).values()].map((metric) => {
      const points = pointsOf(metric).map(([value, attributes]) => `${value} ${JSON.stringify(attributes)}`)
      return [`${metric.descriptor.name} ${metric.descriptor.unit}`, ...points].join('\n  ')
    })
    expect(metrics.join('\n')).toMatchInlineSnapshot(`
      "keepalive.opened_connections {connection}
        12 {}
      http.server.open_connections {connection}
        0 {"http.connection.state":"new"}
        2 {"http.connection.state":"active"}
        4 {"http.connection.state":"idle"}
        0 {"http.connection.state":"closing"}
        0 {"http.connection.state":"upgraded"}
      keepalive.requests {request}
        12 {"keepalive.reused":false}
        28 {"keepalive.reused":true}
      keepalive.refused_requests {request}
        1 {}
      keepalive.refused_retryable_requests {request}
        0 {}
      keepalive.concurrent_requests {request}
        0 {}
      keepalive.dropped_requests {request}
        2 {}
      keepalive.late_requests {request}
        3 {}
      keepalive.near_misses {request}
        4 {}
      keepalive.advertised_timeout s
        65 {}
      keepalive.timeout_buffer s
        1 {}
      keepalive.idle_intervals {interval}
        2 {"keepalive.outcome":"reused"}
        0 {"keepalive.outcome":"client-closed"}
        1 {"keepalive.outcome":"cut-off"}
      keepalive.idle_time s
        40.5 {"keepalive.outcome":"reused"}
        0 {"keepalive.outcome":"client-closed"}
        66 {"keepalive.outcome":"cut-off"}"
    `)
  })

  it('takes one snapshot per collection', async () => {
    let taken = 0
    const { observe, collect } = inMemory()
    observe(kitOf(() => snapshotOf({ connections: { opened: ++taken } })))
    expect(taken).toBe(0)
    await collect()
    expect(pointsOf((await collect()).get('keepalive.opened_connections'))).toEqual([[2, {}]])
    expect(taken).toBe(2)
  })
})

it('takes the metrics of the API', async () => {
  const { provider, collect } = inMemory()
  metrics.setGlobalMeterProvider(provider)
  onTestFinished(() => metrics.disable())
  onTestFinished(
    observeMetrics(
      kitOf(() => busy),
      metrics,
    ),
  )
  expect(pointsOf((await collect()).get('keepalive.late_requests'))).toEqual([[3, {}]])
})

describe('a closed connection', () => {
  it('is recorded with reason, side and protocols, but without an address', async () => {
    const { observe, collect } = inMemory()
    const kit = kitOf(() => busy)
    observe(kit)
    close(kit.policy)
    const metrics = await collect()
    expect(pointsOf(metrics.get('http.server.connection.duration'))).toMatchInlineSnapshot(`
      [
        [
          {
            "buckets": {
              "boundaries": [
                0.01,
                0.02,
                0.05,
                0.1,
                0.2,
                0.5,
                1,
                2,
                5,
                10,
                30,
                60,
                120,
                300,
              ],
              "counts": [
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                1,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
              ],
            },
            "count": 1,
            "max": 1.5,
            "min": 1.5,
            "sum": 1.5,
          },
          {
            "keepalive.close.reason": "client-idle",
            "keepalive.closed_by": "client",
            "network.protocol.name": "http",
            "network.protocol.version": "1.1",
            "tls.protocol.version": "1.3",
          },
        ],
      ]
    `)
    expect(pointsOf(metrics.get('keepalive.requests_per_connection'))).toMatchInlineSnapshot(`
      [
        [
          {
            "buckets": {
              "boundaries": [
                0,
                1,
                3,
                7,
                15,
                31,
                63,
                127,
                255,
                511,
                1023,
                2047,
                4095,
                8191,
                16383,
              ],
              "counts": [
                0,
                0,
                1,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
              ],
            },
            "count": 1,
            "max": 3,
            "min": 3,
            "sum": 3,
          },
          {},
        ],
      ]
    `)
    expect(JSON.stringify([...metrics.values()])).not.toContain('192.0.2.7')
  })

  it('has an error type after an error, and no protocol before a request', async () => {
    const { observe, collect } = inMemory()
    const kit = kitOf(() => busy)
    observe(kit)
    close(kit.policy, { reason: 'bad-request', closedBy: 'server', tls: null, protocol: undefined })
    const [[, attributes]] = pointsOf((await collect()).get('http.server.connection.duration')) as [
      [unknown, object],
    ]
    expect(attributes).toEqual({
      'error.type': 'bad-request',
      'keepalive.close.reason': 'bad-request',
      'keepalive.closed_by': 'server',
    })
  })

  it('of a real server is recorded as the kit reports it', async () => {
    const { observe, collect } = inMemory()
    const { kit, nextClosed } = makeKit({ maxRequests: 2 })
    observe(kitOf(() => busy, kit.policy))
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach, true)
    const client = await RawClient.open({ port, tls: true })
    onTestFinished(() => client.close())
    await client.get()
    await client.get()
    client.socket.end()
    const { age } = await nextClosed()
    const [[value, attributes]] = pointsOf((await collect()).get('http.server.connection.duration')) as [
      [{ sum: number; count: number }, object],
    ]
    expect(value).toMatchObject({ count: 1, sum: age / 1000 })
    expect(attributes).toEqual({
      'keepalive.close.reason': 'max-requests',
      'keepalive.closed_by': 'server',
      'network.protocol.name': 'http',
      'network.protocol.version': '1.1',
      'tls.protocol.version': '1.3',
    })
  })
})

it('keeps two kits of one process apart', async () => {
  const { observe, collect } = inMemory()
  const kits = [kitOf(() => busy), kitOf(() => snapshotOf())] as const
  observe(kits[0], { attributes: { 'server.port': 80 } })
  observe(kits[1], { attributes: { 'server.port': 81 } })
  close(kits[0].policy)
  close(kits[0].policy)
  close(kits[1].policy)
  const metrics = await collect()
  expect(pointsOf(metrics.get('keepalive.late_requests'))).toEqual([
    [3, { 'server.port': 80 }],
    [0, { 'server.port': 81 }],
  ])
  expect(pointsOf(metrics.get('keepalive.requests_per_connection'))).toMatchObject([
    [{ count: 2 }, { 'server.port': 80 }],
    [{ count: 1 }, { 'server.port': 81 }],
  ])
})

it('stops', async () => {
  const { observe, collect } = inMemory()
  const kit = kitOf(() => busy)
  const stop = observe(kit)
  stop()
  close(kit.policy)
  expect([...(await collect()).values()].flatMap(pointsOf)).toEqual([])
  expect(channel(channelNames.close).hasSubscribers).toBe(false)
})

it.each([
  [{ attributes: 'a' }, 'ERR_KEEPALIVE_OPTION_TYPE'],
  [{ attribute: {} }, 'ERR_KEEPALIVE_UNKNOWN_OPTION'],
])('%o is rejected with %s', (options, code) => {
  const { observe } = inMemory()
  expect(() =>
    observe(
      kitOf(() => busy),
      options as ObserveOptions,
    ),
  ).toThrow(expect.objectContaining({ code }))
})

it('arrives by OTLP', async () => {
  const bodies: string[] = []
  const { port } = await serve(
    async (req, res) => {
      bodies.push(await textOf(req))
      res.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
    },
    () => {},
  )
  const provider = exportingTo(new OTLPMetricExporter({ url: `http://127.0.0.1:${port}/v1/metrics` }))
  const kit = kitOf(() => busy)
  observing(kit, provider)
  close(kit.policy)
  await provider.forceFlush()
  const [{ scope, metrics }] = JSON.parse(bodies[0]!).resourceMetrics[0].scopeMetrics
  expect(scope.name).toBe('keepalive-kit')
  const named = (name: string): Record<string, unknown> =>
    metrics.find((metric: { name: string }) => metric.name === name)
  expect(named('keepalive.late_requests')).toMatchObject({
    sum: { isMonotonic: true, dataPoints: [{ asDouble: 3 }] },
  })
  expect(named('http.server.connection.duration')).toMatchObject({
    unit: 's',
    histogram: { dataPoints: [{ count: 1, sum: 1.5, explicitBounds: expect.arrayContaining([0.01, 300]) }] },
  })
})
