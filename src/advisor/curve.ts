import type { CurvePoint } from './advice.ts'
import type { Estimator } from './estimate.ts'

/** What turns shares into numbers of connections and bytes. */
export interface Rates {
  /** Requests and upgrades per second; `null` if the source does not say how long it observed the traffic. */
  readonly demands: number | null
  readonly intervals: number | null
  /** Memory of an idle connection, in bytes. */
  readonly idleConnection: number
  /** How long connections are kept beyond the timeout, in ms. */
  readonly buffer: number
}

/** One point. @param timeout - as `keepAliveTimeout`, in ms, up to the horizon. */
export function pointAt(estimator: Estimator, rates: Rates, timeout: number): CurvePoint {
  const { reuse, low, high, waited } = estimator.at(timeout + rates.buffer)
  const { demands, intervals } = rates
  const opened = (share: number): number | null =>
    demands === null || intervals === null ? null : Math.max(0, demands - intervals * share)
  const idle = rates.intervals === null ? null : (rates.intervals * waited) / 1000
  return {
    timeout,
    reuse,
    reuseLow: low,
    reuseHigh: high,
    newConnectionsPerSecond: opened(reuse),
    newConnectionsPerSecondLow: opened(high),
    newConnectionsPerSecondHigh: opened(low),
    idleConnections: idle,
    idleMemory: idle === null ? null : idle * rates.idleConnection,
  }
}

/** One point for each bound of the bins and for each requested timeout, up to the horizon. */
export function curveOf(estimator: Estimator, rates: Rates, asked: readonly number[]): CurvePoint[] {
  const own = estimator.times.map((time) => time - rates.buffer)
  const max = estimator.horizon - rates.buffer
  const timeouts = new Set([...own, ...asked].filter((timeout) => timeout > 0 && timeout <= max))
  return [...timeouts].sort((a, b) => a - b).map((timeout) => pointAt(estimator, rates, timeout))
}
