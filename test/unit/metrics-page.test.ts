import { channel } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import type { Meter, MetricAttributes, MetricOptions } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { channelNames } from '../../src/channels.ts'
import type { ClosedConnection } from '../../src/closed.ts'
import { resolvePolicy } from '../../src/policy/policy.ts'
import { closeReasons, closers } from '../../src/reasons.ts'
import { recordCloses } from '../../src/reporters/opentelemetry-closes.ts'
import { instruments } from '../../src/reporters/opentelemetry-instruments.ts'
import { metrics } from '../../src/reporters/prometheus-metrics.ts'
import { snapshotOf } from '../support/snapshots.ts'

const [prometheus = '', openTelemetry = ''] = readFileSync(
  new URL('../../docs/metrics.md', import.meta.url),
  'utf8',
).split('\n## OpenTelemetry\n')

const code = (text: unknown): string => `\`${text}\``

/** The rows of the section's tables, the first cells given. */
const rows = (section: string, first: RegExp): string[] =>
  section.split('\n').filter((line) => line.startsWith('| `') && first.test(line.split('`')[1]!))

/** For each name the values that it takes, in their order. */
function valuesOf(all: readonly Readonly<Record<string, unknown>>[]): Map<string, Set<unknown>> {
  const values = new Map<string, Set<unknown>>()
  for (const each of all)
    for (const [name, value] of Object.entries(each))
      values.set(name, (values.get(name) ?? new Set()).add(value))
  return values
}

const namesIn = (all: readonly Readonly<Record<string, unknown>>[]): string =>
  [...valuesOf(all).keys()].map(code).join(', ') || '–'

const listed = (values: ReadonlyMap<string, ReadonlySet<unknown>>): string[] =>
  [...values].map(([name, each]) => `| ${code(name)} | ${[...each].map(code).join(', ')} |`)

test('the metrics for Prometheus are listed, with unit, labels and meaning', () => {
  const labelsOf = (row: (typeof metrics)[number]) =>
    row.samples(snapshotOf()).map(({ labels: { le, ...labels } }) => labels)
  expect(rows(prometheus, /^keepalive_/)).toEqual(
    metrics.map(
      (row) =>
        `| ${code(`keepalive_${row.name}`)} | ${row.type} | ${unitOf(row.name)} | ${namesIn(labelsOf(row))} | ${row.help} |`,
    ),
  )
  expect(rows(prometheus, /^(?!keepalive_)/)).toEqual(listed(valuesOf(metrics.flatMap(labelsOf))))
})

/** As Prometheus names them: times have theirs in the name. */
function unitOf(name: string): string {
  if (name.endsWith('_seconds')) return 's'
  return /^requests_|misses/.test(name) ? 'requests' : 'connections'
}

interface Recorded {
  readonly name: string
  readonly unit: string | undefined
  readonly description: string | undefined
  readonly attributes: MetricAttributes[]
}

/** The histograms, and the attributes that they get by closes of each reason. */
function closesOf(): Recorded[] {
  const recorded: Recorded[] = []
  const createHistogram = (name: string, { unit, description }: MetricOptions = {}) => {
    const attributes: MetricAttributes[] = []
    recorded.push({ name, unit, description, attributes })
    return { record: (_value: number, given: MetricAttributes = {}) => void attributes.push(given) }
  }
  const policy = resolvePolicy()
  const stop = recordCloses({ createHistogram } as unknown as Meter, policy, {})
  for (const reason of closeReasons)
    for (const closedBy of closers) {
      const connection = { reason, closedBy, age: 1, requests: 1, protocol: '1.1', tls: 'TLSv1.3' }
      channel(channelNames.close).publish({ connection: connection as ClosedConnection, policy })
    }
  stop()
  return recorded
}

describe('the instruments for OpenTelemetry', () => {
  const histograms = closesOf()
  const observed = instruments.map((row) => ({
    ...row,
    attributes: row.observe(snapshotOf()).map(({ attributes }) => attributes),
  }))
  const all = [...observed, ...histograms.map((row) => ({ ...row, kind: 'Histogram' }))]

  test('are listed, with unit, attributes and meaning', () => {
    expect(rows(openTelemetry, /^(keepalive\.(?!close|outcome|reused)|http\.server\.)/)).toEqual(
      all.map(
        ({ name, kind, unit, attributes, description }) =>
          `| ${code(name)} | ${kind} | ${code(unit)} | ${namesIn(attributes)} | ${description} |`,
      ),
    )
  })

  test('have their attributes listed, with all values', () => {
    const values = valuesOf(all.flatMap(({ attributes }) => attributes))
    const listing = rows(
      openTelemetry,
      /^(keepalive\.(close|outcome|reused)|http\.connection|network|tls|error)/,
    )
    expect(listing.map((line) => line.split('`')[1]).sort()).toEqual([...values.keys()].sort())
    const own = [...values].filter(([name]) => /^(keepalive|http)\./.test(name))
    expect(listing.slice(0, own.length)).toEqual(listed(new Map(own)))
    const failures = [...values.get('error.type')!].map(code).join(', ')
    expect(listing.at(-1)).toBe(`| \`error.type\` | the close reason if it is a failure: ${failures} |`)
  })
})
