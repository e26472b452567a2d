import { channel } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import type { Meter, MetricAttributes, MetricOptions } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
// @ts-expect-error a script without types
import { metricsPage } from '../../scripts/metrics-page.mjs'
import { channelNames } from '../../src/channels.ts'
import type { ClosedConnection } from '../../src/closed.ts'
import { resolvePolicy } from '../../src/policy/policy.ts'
import { closeReasons, closers } from '../../src/reasons.ts'
import { catalogue } from '../../src/reporters/catalogue.ts'
import { recordCloses } from '../../src/reporters/opentelemetry-closes.ts'
import { instruments } from '../../src/reporters/opentelemetry-instruments.ts'
import { metrics } from '../../src/reporters/prometheus-metrics.ts'
import { type RecordedHistogram, recorded } from '../../src/reporters/recorded-histograms.ts'
import { emptySnapshot } from '../support/empty-snapshot.ts'
import { snapshotOf } from '../support/snapshots.ts'

const committed = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')

test('docs/metrics.md matches npm run metrics', () => {
  expect(committed).toBe(metricsPage(committed, { catalogue, recorded, metrics, instruments }))
  for (const { name } of metrics) expect(committed).toContain(`| \`keepalive_${name}\` |`)
  for (const { name } of instruments) expect(committed).toContain(`| \`${name}\` |`)
})

test('a page without markers for the tables is rejected', () => {
  expect(() => metricsPage('# Metrics', { catalogue, recorded, metrics, instruments })).toThrow(
    /no place for/,
  )
})

describe('the catalogue', () => {
  const names = (of: 'prometheus' | 'openTelemetry') => catalogue.flatMap((metric) => metric[of] ?? [])

  test('has each name once', () => {
    for (const all of [names('prometheus'), names('openTelemetry')])
      expect(new Set(all).size).toBe(all.length)
  })

  test('is read by Prometheus and OpenTelemetry, and nothing else is', () => {
    expect(metrics.map(({ name }) => name)).toEqual(names('prometheus'))
    expect(instruments.map(({ name }) => name)).toEqual(names('openTelemetry'))
  })

  test('has names by the convention of Prometheus: counters end in _total, times in _seconds', () => {
    for (const { prometheus = '', kind, unit } of catalogue.filter(({ prometheus }) => prometheus)) {
      expect(prometheus.endsWith('_total'), prometheus).toBe(kind === 'counter')
      expect(prometheus.endsWith('_seconds'), prometheus).toBe(unit === 's')
    }
  })

  test.each(['reasons', 'closedBy', 'states'] as const)('has all series of connections.%s', (counts) => {
    const values = catalogue.flatMap(({ by }) => (by ? [by.values] : []))
    expect(values).toContainEqual(Object.keys(emptySnapshot().connections[counts]))
  })

  test('reads no number from the prototype of the counts', () => {
    for (const metric of catalogue)
      for (const value of metric.by?.values ?? [undefined])
        expect(['number', 'object'], metric.help).toContain(typeof metric.read(snapshotOf(), value))
  })
})

/** The histograms, and their attributes for each close reason. */
function closesOf(): Map<string, { options: MetricOptions; attributes: MetricAttributes[] }> {
  const made = new Map<string, { options: MetricOptions; attributes: MetricAttributes[] }>()
  const createHistogram = (name: string, options: MetricOptions = {}) => {
    const attributes: MetricAttributes[] = []
    made.set(name, { options, attributes })
    return { record: (_value: number, given: MetricAttributes = {}) => void attributes.push(given) }
  }
  const policy = resolvePolicy()
  const stop = recordCloses({ createHistogram } as unknown as Meter, policy, {})
  for (const reason of closeReasons)
    for (const closedBy of closers)
      for (const [protocol, tls] of [
        ['1.0', null],
        ['1.1', 'TLSv1.2'],
        ['2.0', 'TLSv1.3'],
      ]) {
        const connection = { reason, closedBy, age: 1, requests: 1, protocol, tls }
        channel(channelNames.close).publish({ connection: connection as ClosedConnection, policy })
      }
  stop()
  return made
}

test.each(Object.values<RecordedHistogram>(recorded))(
  '$openTelemetry is recorded with the attributes of the catalogue, and all their values',
  ({ openTelemetry, attributes, unit, help }) => {
    const { options, attributes: given } = closesOf().get(openTelemetry)!
    expect(options).toMatchObject({ unit: unit === 's' ? 's' : `{${unit}}`, description: `${help}.` })
    const seen = Object.fromEntries(
      attributes.map(({ name }) => [name, new Set(given.flatMap((each) => each[name] ?? []))]),
    )
    expect([...new Set(given.flatMap(Object.keys))].sort()).toEqual(attributes.map(({ name }) => name).sort())
    for (const { name, values } of attributes)
      expect([...seen[name]!].sort(), name).toEqual([...values].sort())
  },
)
