import { KeepAliveError } from '../errors.ts'
import type { MetricRow, Sample } from './prometheus-metrics.ts'

/** The part of prom-client's `Registry` that is needed. */
export interface MetricRegistry {
  registerMetric(metric: never): unknown
}

/** The members of a metric that a registry uses. prom-client's own aggregated registry holds objects with the same members. */
export class CollectedMetric<Subject> {
  /** Not read-only: a registry in OpenMetrics mode removes the suffix `_total`. */
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

  /** Does nothing: the ledger belongs to the kit. */
  reset(): void {}
}

/** A registry reads all its metrics in one turn. They share one snapshot, so that the numbers of a scrape add up. */
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
  const remedy = `Pass the beginning of a name, such as '${byDefault}'`
  if (typeof given !== 'string')
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
      option,
      rule: 'must be a string',
      value: given,
      remedy,
    })
  if (!/^([a-zA-Z_:][\w:]*)?$/.test(given)) {
    const rule = 'must have only letters, digits, _ and :, and must not begin with a digit'
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_RANGE', { option, rule, value: given, remedy })
  }
  return given
}
