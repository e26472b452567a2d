import type { GroupCounts, Intervals } from '../../advisor/intervals.ts'
import { quote } from '../../errors.ts'
import { duration } from '../../words.ts'
import { Failure } from '../failure.ts'
import { fetchJson } from './fetch-json.ts'
import type { Given } from './source.ts'

export interface PrometheusOptions {
  /** Of the server, such as `http://127.0.0.1:9090`. */
  readonly url: string
  /** How far to look back, in ms. */
  readonly range: number
  /** Label matchers, such as `job="app"`; all instances where empty. */
  readonly matchers: string
  /** Of the metrics' names. */
  readonly prefix: string
}

/** The range is looked at in so many parts, which differ the more, the less steady the traffic is. */
const parts = 16

/** A part has to have enough scrapes in it, in ms. */
const shortestPart = 60_000

const outcomes = { reused: 'reused', 'client-closed': 'clientClosed', 'cut-off': 'cutOff' } as const

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [time: number, value: string])[]
}

/**
 * Reads the kit's histograms of all instances, added up, from a running Prometheus.
 *
 * @throws Failure where it cannot be reached, refuses, or has none.
 */
export async function fromPrometheus(options: PrometheusOptions): Promise<Given> {
  const { range, matchers, prefix, url } = options
  const count = range / parts >= shortestPart ? parts : 1
  const step = Math.floor(range / 1000 / count)
  const now = Date.now() / 1000
  const ask = async (expression: string): Promise<Series[]> => {
    const query = new URLSearchParams({
      query: expression,
      start: (now - step * (count - 1)).toFixed(3),
      end: now.toFixed(3),
      step: `${step}`,
    })
    return seriesOf(await fetchJson(`${url.replace(/\/+$/, '')}/api/v1/query_range?${query}`))
  }
  const name = (metric: string): string => `${prefix}${metric}{${matchers}}`
  const increase = (metric: string): string => `increase(${name(metric)}[${step}s])`
  const total = async (metric: string): Promise<number> => sumOf(await ask(`sum(${increase(metric)})`))
  const last = async (expression: string): Promise<number | undefined> => lastOf(await ask(expression))
  const buckets = await ask(`sum by (outcome, le) (${increase('idle_gap_seconds_bucket')})`)
  if (buckets.length === 0)
    throw new Failure(
      `Prometheus has no ${name('idle_gap_seconds_bucket')} in the last ${duration(range)}`,
      'check --range and --matchers, and that keepalive-kit/prometheus is scraped',
    )
  const [requests, requestsReused, concurrent, least, most, buffer, handshakes, handshakeTime] =
    await Promise.all([
      total('requests_total'),
      total('requests_reused_total'),
      total('requests_concurrent_total'),
      last(`min(${name('advertised_timeout_seconds')})`),
      last(`max(${name('advertised_timeout_seconds')})`),
      last(`min(${name('timeout_buffer_seconds')})`),
      total('tls_handshake_seconds_count'),
      total('tls_handshake_seconds_sum'),
    ])
  const groups = groupsOf(buckets, count, now - step * (count - 1), step)
  const source: Intervals = {
    bounds: groups.bounds,
    ...addUp(groups.counts, groups.bounds.length),
    ...(count > 1 && { groups: groups.counts }),
    requests,
    requestsReused,
    concurrent,
    duration: step * count * 1000,
    keepAliveTimeout: least !== undefined && least === most ? least * 1000 : null,
    keepAliveTimeoutBuffer: (buffer ?? 0) * 1000,
    tlsHandshake: { count: handshakes, sum: handshakeTime * 1000 },
  }
  return {
    source,
    notes: [`${prefix}* of Prometheus, the last ${duration(step * count * 1000)}, all instances together`],
  }
}

function seriesOf(answer: unknown): Series[] {
  const { status, error, data } = (answer ?? {}) as {
    status?: unknown
    error?: unknown
    data?: { resultType?: unknown; result?: unknown }
  }
  if (status !== 'success' || data?.resultType !== 'matrix' || !Array.isArray(data.result)) {
    const said = typeof error === 'string' ? `: ${quote(error)}` : ''
    throw new Failure(`Prometheus did not answer the query${said}`, 'check --prometheus and --matchers')
  }
  if (!data.result.every(isSeries))
    throw new Failure('Prometheus answered with what is no series of numbers', 'check --prometheus')
  return data.result
}

function isSeries(value: unknown): value is Series {
  const { metric, values } = (value ?? {}) as { metric?: unknown; values?: unknown }
  const hasLabels =
    typeof metric === 'object' &&
    metric !== null &&
    Object.values(metric).every((label) => typeof label === 'string')
  return hasLabels && Array.isArray(values) && values.every(isPoint)
}

const isPoint = (value: unknown): boolean =>
  Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'string'

/** Counts of single buckets, by part of the range. */
function groupsOf(
  buckets: readonly Series[],
  count: number,
  start: number,
  step: number,
): { bounds: number[]; counts: GroupCounts[] } {
  const bounds = [...new Set(buckets.map(({ metric }) => boundOf(metric.le)))].sort((a, b) => a - b)
  const counts = Array.from({ length: count }, () => ({
    reused: new Array<number>(bounds.length).fill(0),
    clientClosed: new Array<number>(bounds.length).fill(0),
    cutOff: new Array<number>(bounds.length).fill(0),
  }))
  for (const { metric, values } of buckets) {
    const { outcome: name = '' } = metric
    const bin = bounds.indexOf(boundOf(metric.le))
    if (!Object.hasOwn(outcomes, name)) continue
    const outcome = outcomes[name as keyof typeof outcomes]
    for (const [time, value] of values) {
      const part = Math.round((time - start) / step)
      if (counts[part]) counts[part][outcome][bin] = Number(value)
    }
  }
  // Prometheus's buckets hold all that is below their bound.
  for (const part of counts)
    for (const list of Object.values(part))
      for (let bin = list.length - 1; bin > 0; bin--) list[bin] = Math.max(0, list[bin]! - list[bin - 1]!)
  return { bounds, counts }
}

const boundOf = (le: string | undefined): number =>
  le === '+Inf' ? Number.POSITIVE_INFINITY : Math.round(Number(le) * 1e6) / 1e3

function addUp(groups: readonly GroupCounts[], length: number): GroupCounts {
  const lists = (name: keyof GroupCounts): number[] =>
    Array.from({ length }, (_, bin) => groups.reduce((sum, group) => sum + (group[name][bin] ?? 0), 0))
  return { reused: lists('reused'), clientClosed: lists('clientClosed'), cutOff: lists('cutOff') }
}

function sumOf(series: readonly Series[]): number {
  return series.flatMap(({ values }) => values).reduce((sum, [, value]) => sum + Number(value), 0)
}

function lastOf(series: readonly Series[]): number | undefined {
  const value = Number(series[0]?.values.at(-1)?.[1] ?? Number.NaN)
  return Number.isFinite(value) ? value : undefined
}
