import { KeepAliveError } from '../errors.ts'
import { type OutgoingSnapshot, outgoingVersion } from '../outgoing/snapshot.ts'
import { sum } from '../stats/counts.ts'
import type { Histogram, Snapshot } from '../stats/snapshot.ts'
import { checkVersion } from '../stats/snapshot-version.ts'
import type { Advice, Cost, Costs, Observed } from './advice.ts'
import { beyondOf } from './beyond.ts'
import { curveOf, type Rates } from './curve.ts'
import { Estimator } from './estimate.ts'
import { outgoingIntervals } from './from-outgoing.ts'
import { intervalsOf } from './from-snapshot.ts'
import type { Intervals } from './intervals.ts'
import type { AdviseOptions } from './options.ts'
import { rotationOf } from './pool-order.ts'
import { checkClients, checkIntervals, checkReturns } from './read-intervals.ts'
import { type ResolvedOptions, readOptions } from './read-options.ts'
import { recommend } from './recommend.ts'
import { warningsOf } from './warn.ts'

/**
 * Default for the resident memory of an idle connection, in bytes, without and with TLS. Measured with 4,000 idle
 * connections of a server with the kit on Node 20: 11 kB and 34 kB. The rest is for what handlers keep.
 */
const defaultIdleConnection = 15_000
const defaultIdleTlsConnection = 40_000

/**
 * Computes which keep-alive timeout the traffic needs, and what every other timeout would bring and cost. A pure function
 * that runs in any JavaScript environment.
 *
 * @param source - a snapshot, merged or not, of a server or of outgoing connections; or intervals from another source.
 * @throws KeepAliveError for invalid options; `ERR_KEEPALIVE_SNAPSHOT_VERSION` for a snapshot of another version.
 * @example
 * const { recommended, curve } = advise(connections.snapshot(), { constraints: { proxyIdleTimeout: 60_000 } })
 */
export function advise(source: Snapshot | OutgoingSnapshot | Intervals, options: AdviseOptions = {}): Advice {
  const resolved = readOptions(options)
  const snapshot = isIntervals(source) || isOutgoing(source) ? undefined : source
  const intervals = checkIntervals(isIntervals(source) ? source : fromSnapshot(source))
  const estimator = new Estimator(intervals)
  const observed = observe(intervals, estimator, resolved)
  const buffer = observed.keepAliveTimeoutBuffer
  const rates: Rates = {
    demands: demandsPerSecond(intervals),
    intervals: observed.intervalsPerSecond,
    idleConnection: observed.costs.idleConnection.value,
    buffer,
  }
  const { constraints } = resolved
  const { recommended, warnings } = recommend(estimator, rates, constraints, observed, intervals.nearMisses)
  const { keepAliveTimeout } = recommended
  const asked = keepAliveTimeout === null ? resolved.timeouts : [...resolved.timeouts, keepAliveTimeout]
  const end = estimator.at(estimator.horizon)
  return {
    version: 1,
    observed,
    curve: curveOf(estimator, rates, asked),
    beyond:
      snapshot && estimator.horizon > 0
        ? beyondOf(
            checkReturns(snapshot.returns),
            snapshot.connections.opened,
            end,
            estimator.horizon,
            buffer,
          )
        : null,
    recommended,
    warnings: [
      ...resolved.secondsMeant.map((message) => ({ code: 'seconds-meant' as const, message })),
      ...warnings,
      ...warningsOf({
        observed,
        estimator,
        recommended: keepAliveTimeout,
        clientClosed: snapshot?.histograms.idleGap.clientClosed,
        rotation: snapshot && rotationOf(snapshot),
        closesUnseen: intervals.closesUnseen === true,
        gapError: intervals.gapError ?? 0,
        wantsRates: (constraints.maxIdleConnections ?? constraints.maxIdleMemory) !== undefined,
      }),
    ],
  }
}

function isIntervals(source: Snapshot | OutgoingSnapshot | Intervals): source is Intervals {
  return typeof source === 'object' && source !== null && 'bounds' in source
}

function isOutgoing(source: Snapshot | OutgoingSnapshot): source is OutgoingSnapshot {
  return typeof source === 'object' && source !== null && 'origins' in source
}

function fromSnapshot(snapshot: Snapshot | OutgoingSnapshot): Intervals {
  checkVersion(snapshot, 'advise()', isOutgoing(snapshot) ? [outgoingVersion] : undefined)
  try {
    if (isOutgoing(snapshot)) return outgoingIntervals(snapshot)
    const intervals = intervalsOf(snapshot)
    checkClients(snapshot.clients)
    return intervals
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
      subject: 'advise()',
      rule: 'takes a whole snapshot',
      remedy: 'Pass what snapshot() or mergeSnapshots() returned',
      cause,
    })
  }
}

function observe(intervals: Intervals, estimator: Estimator, options: ResolvedOptions): Observed {
  const { duration = 0, requests, requestsReused, keepAliveTimeout, keepAliveTimeoutBuffer = 0 } = intervals
  const perSecond = (count: number): number | null => (duration > 0 ? (count * 1000) / duration : null)
  const counts = {
    reused: sum(intervals.reused),
    clientClosed: sum(intervals.clientClosed),
    cutOff: sum(intervals.cutOff),
    open: Math.round(sum(intervals.open ?? [])),
  }
  return {
    duration: duration > 0 ? duration : null,
    requests,
    requestsPerSecond: perSecond(requests),
    requestsReused,
    intervals: { total: counts.reused + counts.clientClosed + counts.cutOff + counts.open, ...counts },
    intervalsPerSecond: perSecond(estimator.total),
    keepAliveTimeout: keepAliveTimeout ?? null,
    keepAliveTimeoutBuffer,
    horizon: Math.max(0, estimator.horizon - keepAliveTimeoutBuffer),
    reachableReuse: estimator.at(estimator.horizon).reuse,
    designEffect: estimator.effect?.mean ?? null,
    costs: costsOf(options, intervals.tlsHandshake),
  }
}

/**
 * Requests and upgrades per second: both can end an idle interval. A request that arrives while another request of its
 * session is under way needs neither an idle connection nor a new one.
 */
function demandsPerSecond({
  duration = 0,
  requests,
  upgrades = 0,
  concurrent = 0,
}: Intervals): number | null {
  return duration > 0 ? ((requests - concurrent + upgrades) * 1000) / duration : null
}

function costsOf({ costs }: ResolvedOptions, tls: Pick<Histogram, 'count' | 'sum'> | undefined): Costs {
  const { idleConnection, handshake } = costs
  const hasTls = tls !== undefined && tls.count > 0
  const usual = hasTls ? defaultIdleTlsConnection : defaultIdleConnection
  return {
    idleConnection: given(idleConnection) ?? { value: usual, source: 'default' },
    handshake:
      given(handshake) ??
      (hasTls ? { value: tls.sum / tls.count, source: 'measured' } : { value: 0, source: 'default' }),
  }
}

const given = (value: number | undefined): Cost | undefined =>
  value === undefined ? undefined : { value, source: 'given' }
