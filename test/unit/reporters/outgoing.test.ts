import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { Registry } from 'prom-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { observeOutgoing } from '../../../src/reporters/opentelemetry.ts'
import { collectOutgoing } from '../../../src/reporters/prometheus.ts'
import { outgoingMetrics } from '../../../src/reporters/prometheus-outgoing.ts'
import { histogramOf } from '../../support/histogram.ts'
import { closedOf, tracked } from '../../support/outgoing.ts'
import { httpSender } from '../../support/outgoing-clients.ts'
import { outgoingRow, outgoingSnapshot } from '../../support/outgoing-findings.ts'
import { listen } from '../../support/server.ts'

const snapshot = outgoingSnapshot(
  outgoingRow('https://api.test', {
    connections: {
      opened: 9,
      open: 3,
      closed: 6,
      failed: 1,
      states: { new: 1, active: 1, idle: 0, upgraded: 1 },
      closedBy: { us: 1, server: 5, network: 0 },
    },
    requests: { total: 40, reused: 31, lost: 2 },
    idleGaps: { serverClosed: histogramOf([5_000, 5_001]) },
    advertisedTimeout: 5_000,
  }),
  ...['http://10.0.0.7:8080', 'http://secret.test'].map((origin) =>
    outgoingRow(origin, {
      connections: { opened: 2, open: 2, states: { idle: 2 } as never },
      requests: { total: 5 },
    }),
  ),
)
let taken = 0
const outgoing = {
  snapshot() {
    taken++
    return snapshot
  },
}

describe('prom-client', () => {
  test('has a series for each listed origin, and one for all others', async () => {
    const registry = collectOutgoing(outgoing, new Registry(), { origins: ['https://api.test/'] })
    const text = await registry.metrics()
    for (const line of [
      'keepalive_outgoing_connections_opened_total{origin="https://api.test"} 9',
      'keepalive_outgoing_connections_opened_total{origin="other"} 4',
      'keepalive_outgoing_connections_failed_total{origin="https://api.test"} 1',
      'keepalive_outgoing_connections_closed_total{origin="https://api.test",closed_by="server"} 5',
      'keepalive_outgoing_connections_open{origin="https://api.test",state="upgraded"} 1',
      'keepalive_outgoing_connections_open{origin="other",state="idle"} 4',
      'keepalive_outgoing_requests_total{origin="other"} 10',
      'keepalive_outgoing_requests_reused_total{origin="https://api.test"} 31',
      'keepalive_outgoing_requests_lost_total{origin="https://api.test"} 2',
      'keepalive_outgoing_advertised_timeout_seconds{origin="https://api.test"} 5',
      'keepalive_outgoing_idle_gap_seconds_bucket{origin="https://api.test",le="8.192",outcome="server-closed"} 2',
      'keepalive_outgoing_idle_gap_seconds_count{origin="https://api.test",outcome="server-closed"} 2',
    ])
      expect(text.split('\n')).toContain(line)
    expect(text).not.toContain('secret')
    expect(text).not.toContain('10.0.0.7')
  })

  test('names no origin where none is listed', async () => {
    const text = await collectOutgoing(outgoing, new Registry(), { prefix: 'own_' }).metrics()
    expect(new Set(text.match(/origin="[^"]*"/g))).toEqual(new Set(['origin="other"']))
    expect(text).toContain('own_requests_total{origin="other"} 50')
  })

  test('docs/outgoing.md has each metric', () => {
    const page = readFileSync(new URL('../../../docs/outgoing.md', import.meta.url), 'utf8')
    const rows = [...page.matchAll(/^\| `keepalive_outgoing_(\w+)` \| (\w+) \| .* \| (.*) \|$/gm)]
    expect(rows.map(([, ...cells]) => cells)).toEqual(
      outgoingMetrics.map(({ name, type, help }) => [name, type, help]),
    )
  })

  test('refuses wrong options', () => {
    const collect = (options: object) => () => collectOutgoing(outgoing, new Registry(), options)
    expect(collect({ origins: ['api.test'] })).toThrow('collectOutgoing().origins must be a list of origins')
    expect(collect({ prefix: '9' })).toThrow('collectOutgoing().prefix')
    expect(collect({ origin: 'x' })).toThrow('The options are origins and prefix')
  })
})

describe('OpenTelemetry', () => {
  function inMemory(): { provider: MeterProvider; collect(): Promise<Map<string, MetricData>> } {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    const provider = new MeterProvider({ readers: [reader] })
    onTestFinished(() => provider.shutdown())
    const collect = async (): Promise<Map<string, MetricData>> => {
      exporter.reset()
      await provider.forceFlush()
      const metrics = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((s) => s.metrics))
      return new Map(metrics.map((metric) => [metric.descriptor.name, metric]))
    }
    return { provider, collect }
  }

  test('observes open connections by state', async () => {
    const { provider, collect } = inMemory()
    const stop = observeOutgoing(outgoing, provider, {
      origins: ['https://api.test'],
      attributes: { pod: 'a' },
    })
    const points = (await collect()).get('http.client.open_connections')!.dataPoints
    expect(points.map(({ value, attributes }) => [value, attributes])).toEqual([
      [
        2,
        {
          'http.connection.state': 'active',
          'server.address': 'api.test',
          'server.port': 443,
          'url.scheme': 'https',
          pod: 'a',
        },
      ],
      [
        1,
        {
          'http.connection.state': 'idle',
          'server.address': 'api.test',
          'server.port': 443,
          'url.scheme': 'https',
          pod: 'a',
        },
      ],
      [0, { 'http.connection.state': 'active', pod: 'a' }],
      [4, { 'http.connection.state': 'idle', pod: 'a' }],
    ])
    stop()
    taken = 0
    await collect()
    expect(taken).toBe(0)
  })

  test('records the duration of each connection once, of its own tracker alone', async () => {
    const { provider, collect } = inMemory()
    const [own, other] = [tracked(), tracked()]
    const server = createServer((_req, res) => res.end('ok'))
    const origin = `http://127.0.0.1:${await listen(server)}`
    onTestFinished(() => void server.close())
    const stop = observeOutgoing(own, provider, { origins: [origin] })
    for (let i = 0; i < 3; i++) await httpSender(origin, false)('/')
    await closedOf(own, origin, 3)
    await closedOf(other, origin, 3)
    const { dataPoints, descriptor } = (await collect()).get('http.client.connection.duration')!
    expect(descriptor.unit).toBe('s')
    expect(
      dataPoints.map(({ value, attributes }) => [(value as { count: number }).count, attributes]),
    ).toEqual([
      [
        3,
        { 'server.address': '127.0.0.1', 'server.port': Number(new URL(origin).port), 'url.scheme': 'http' },
      ],
    ])
    stop()
  })

  test('refuses wrong options', () => {
    const observe = (options: object) => () => observeOutgoing(outgoing, inMemory().provider, options)
    expect(observe({ origins: 'https://api.test' })).toThrow(
      'observeOutgoing().origins must be a list of origins',
    )
    expect(observe({ attributes: 5 })).toThrow('observeOutgoing().attributes must be an object')
    expect(observe({ hosts: [] })).toThrow('The options are origins and attributes')
  })
})
