import { KeepAliveError } from '../errors.ts'
import type { MetricRow, Sample } from './prometheus-metrics.ts'

/** What is needed of prom-client's `Registry`. */
export interface MetricRegistry {
  registerMetric(metric: never): unknown
}

/** What a registry asks of a metric; prom-client's own aggregated registry holds objects no richer. */
export class CollectedMetric<Subject> {
  /** Not read-only: a registry that speaks OpenMetrics takes the `_total` away. */
  name: string
  readonly help: string
  readonly type: MetricRow<Subject>['type']
  readonly aggregator: MetricRow<Subject>['aggregator']
  readonly #read: () => Sample[]

  constructor(
    { name, help, type, aggregator, samples }: MetricRow<Subject>,
    prefix: string,
    snapshot: () => Subject,
  ) {
    this.name = prefix + name
    this.help = `${help}.`
    this.type = type
    this.aggregator = aggregator
    this.#read = () => samples(snapshot())
  }

  async get(): Promise<object> {
    const { name, help, type, aggregator } = this
    const values = this.#read().map(({ suffix, labels, value }) => ({
      value,
      labels,
      ...(suffix !== undefined && { metricName: name + suffix }),
    }))
    return { name, help, type, aggregator, values }
  }

  /** The ledger is the kit's, and stays as it is. */
  reset(): void {}
}

/** A registry asks all of its metrics in one turn: one snapshot for all, so that a scrape's numbers add up. */
export function oncePerTurn<T extends object>(take: () => T): () => T {
  let taken: T | undefined
  return () => {
    if (taken !== undefined) return taken
    queueMicrotask(() => {
      taken = undefined
    })
    taken = take()
    return taken
  }
}

/**
 * What goes before every metric's name.
 *
 * @param taker - whose option it is, such as `collectMetrics()`.
 */
export function readPrefix(taker: string, given: unknown, byDefault: string): string {
  if (given === undefined) return byDefault
  const option = `${taker}.prefix`
  const remedy = `Give a name's beginning, such as '${byDefault}'`
  if (typeof given !== 'string')
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
      option,
      rule: 'must be a string',
      value: given,
      remedy,
    })
  if (!/^([a-zA-Z_:][\w:]*)?$/.test(given)) {
    const rule = 'must be letters, digits, _ and :, with no digit first'
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_RANGE', { option, rule, value: given, remedy })
  }
  return given
}
