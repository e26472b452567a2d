import { bytes, count, duration, number, percent } from '../words.ts'
import type { AdviceWarning, Observed, Recommendation } from './advice.ts'
import { pointAt, type Rates } from './curve.ts'
import type { Estimator } from './estimate.ts'
import type { ResolvedConstraints } from './read-options.ts'

/** A bound on the timeout, as `keepAliveTimeout` in ms, and the constraint that sets it. */
interface Bound {
  readonly constraint: string
  readonly timeout: number
  readonly why: string
}

/**
 * Clients that obey the header close 1 s (Node's Agent) or 2 s (undici) before the advertised time. Below 3 s they never
 * reuse a connection, so a shorter timeout would cost all of their reuse.
 */
const minTimeout = 3_000

/** With fewer idle intervals, no timeout shorter than the one in force is recommended. */
const enoughIntervals = 1_000

/** An observation must last this many times the timeout to show that a shorter timeout is enough. */
const enoughTimes = 5

/** This many requests later than the timeout in force are not chance: their clients ignore the Keep-Alive header. */
const fewNearMisses = 5

/**
 * The smallest timeout that keeps the share of the reachable reuse, is above the proxy's timeout, and is within the budgets.
 * If these contradict each other, the proxy wins, because a server that closes before the proxy loses requests. Then come
 * the budgets.
 */
export function recommend(
  estimator: Estimator,
  rates: Rates,
  constraints: ResolvedConstraints,
  observed: Pick<Observed, 'keepAliveTimeout' | 'duration'>,
  nearMisses: number = 0,
): { readonly recommended: Recommendation; readonly warnings: readonly AdviceWarning[] } {
  const proxy = proxyBound(constraints)
  if (estimator.horizon <= rates.buffer)
    return { recommended: withoutData(proxy, tooFew, observed), warnings: [] }
  if (estimator.at(estimator.horizon).reuse === 0)
    return { recommended: withoutData(proxy, noReuse, observed), warnings: [] }
  const share = shareBound(estimator, rates, constraints, observed, nearMisses)
  const budget = budgetBound(estimator, rates, constraints)
  const isShareDecisive = !budget || budget.timeout >= share.timeout
  if (isShareDecisive && !observed.keepAliveTimeout && !isKnown(estimator, observed, nearMisses))
    return { recommended: withoutData(proxy, notShown, observed), warnings: [] }
  const warnings: AdviceWarning[] = []
  if (proxy && budget && proxy.timeout > budget.timeout) warnings.push(contradiction(proxy, budget))
  else if (budget && share.timeout > budget.timeout && constraints.reuseShare.given)
    warnings.push(contradiction(share, budget))
  else if (budget && budget.timeout < minTimeout) warnings.push(budgetTooSmall(budget, rates))
  const wished = isShareDecisive ? share : raised(budget)
  const decisive = proxy && proxy.timeout >= wished.timeout ? proxy : wished
  const unknown = beyondHorizon(decisive, estimator, rates)
  return {
    recommended: {
      keepAliveTimeout: decisive.timeout,
      why: `${decisive.why}. ${priceOf(decisive, estimator, rates)}`,
    },
    warnings: unknown ? [...warnings, unknown] : warnings,
  }
}

function proxyBound({ proxy }: ResolvedConstraints): Bound | undefined {
  if (!proxy) return undefined
  const timeout = proxy.idleTimeout + proxy.margin
  const why = `The timeout is ${duration(proxy.margin)} above the proxy's idle timeout of ${duration(proxy.idleTimeout)}, so the proxy closes first and no request is lost`
  return { constraint: 'proxyIdleTimeout', timeout, why }
}

const tooFew = 'There are too few idle intervals. Observe the traffic for longer'
const noReuse = 'No idle interval ended in reuse, so no timeout is better than another'

const notShown =
  'There is no single timeout in force to compare with, and the traffic does not show that a short timeout is enough. Use one timeout in all processes, and observe the traffic for longer'

/**
 * Whether the observation is sufficient even without a timeout in force. That is missing if processes differ, if it is
 * unknown, or if idle connections are kept forever.
 */
function isKnown(
  { total, horizon }: Estimator,
  { duration: watched }: Pick<Observed, 'duration'>,
  nearMisses: number,
): boolean {
  if (nearMisses >= fewNearMisses || total < enoughIntervals) return false
  return watched === null || watched >= enoughTimes * horizon
}

/** The recommendation if the traffic says nothing. */
function withoutData(
  proxy: Bound | undefined,
  nothing: string,
  { keepAliveTimeout }: Pick<Observed, 'keepAliveTimeout'>,
): Recommendation {
  if (!proxy) return { keepAliveTimeout: null, why: nothing }
  const inForce = keepAliveTimeout ?? 0
  if (inForce > Math.max(proxy.timeout, minTimeout))
    return { keepAliveTimeout: inForce, why: `${keepsInForce(inForce)}. ${nothing}` }
  const { timeout, why } = raised(proxy)
  return { keepAliveTimeout: timeout, why: `${why}. ${nothing}` }
}

const keepsInForce = (inForce: number): string =>
  `Keep the timeout in force, ${duration(inForce)}: the traffic does not show that a shorter one is enough`

const ignoredHeader = (inForce: number, nearMisses: number): string =>
  `Keep the timeout in force, ${duration(inForce)}: ${count(nearMisses, 'request')} came after it, within the buffer. A shorter timeout would lose such requests`

/** Raises a bound to the minimum timeout. */
function raised(bound: Bound): Bound {
  if (bound.timeout >= minTimeout) return bound
  const why = `${duration(minTimeout)} is the minimum for clients that obey the Keep-Alive header, although ${bound.constraint} asks for ${duration(bound.timeout)}`
  return { constraint: bound.constraint, timeout: minTimeout, why }
}

function shareBound(
  estimator: Estimator,
  rates: Rates,
  { reuseShare }: ResolvedConstraints,
  observed: Pick<Observed, 'keepAliveTimeout' | 'duration'>,
  nearMisses: number,
): Bound {
  const { horizon } = estimator
  const { buffer } = rates
  const reachable = estimator.at(horizon).reuse
  const time = estimator.times.find(
    (at) => at > buffer && estimator.at(at).reuse >= reuseShare.value * reachable,
  )
  const wished = Math.ceil(((time ?? horizon) - buffer) / 1000) * 1000
  const timeout = Math.max(minTimeout, Math.min(wished, Math.floor(horizon - buffer)))
  const inForce = observed.keepAliveTimeout ?? 0
  if (timeout < inForce && nearMisses >= fewNearMisses)
    return { constraint: 'reuseShare', timeout: inForce, why: ignoredHeader(inForce, nearMisses) }
  if (timeout < inForce && !isEnough(estimator, rates, timeout, reuseShare.value, observed))
    return { constraint: 'reuseShare', timeout: inForce, why: keepsInForce(inForce) }
  const kept = reachable > 0 ? estimator.at(Math.min(horizon, timeout + buffer)).reuse / reachable : 1
  const why =
    wished < timeout
      ? `The timeout is the minimum for clients that obey the Keep-Alive header. It keeps ${percent(kept)} of the reachable reuse`
      : `This is the smallest timeout that keeps ${percent(reuseShare.value)} of the reachable reuse: it keeps ${percent(kept)}`
  return { constraint: 'reuseShare', timeout, why }
}

/**
 * Whether the traffic shows that a timeout shorter than the one in force keeps the share of all reuse under the timeout in
 * force. If waits were not observed up to that timeout, each interval that still waits at the horizon may end in reuse.
 */
function isEnough(
  estimator: Estimator,
  { buffer }: Rates,
  timeout: number,
  share: number,
  { keepAliveTimeout, duration: watched }: Pick<Observed, 'keepAliveTimeout' | 'duration'>,
): boolean {
  const kept = (keepAliveTimeout ?? 0) + buffer
  if (estimator.total < enoughIntervals) return false
  if (watched !== null && watched < enoughTimes * kept) return false
  const { horizon } = estimator
  if (timeout + buffer > horizon) return estimator.at(horizon).waiting < 1 - share
  const { reuse, waiting } = estimator.at(horizon)
  const reachable = horizon < kept ? reuse + waiting : reuse
  return estimator.at(timeout + buffer).reuse >= share * reachable
}

function budgetBound(
  estimator: Estimator,
  rates: Rates,
  { maxIdleConnections, maxIdleMemory }: ResolvedConstraints,
): Bound | undefined {
  const { intervals, idleConnection, buffer } = rates
  if (!intervals) return undefined
  const byMemory = maxIdleMemory === undefined ? undefined : maxIdleMemory / idleConnection
  const isMemory =
    byMemory !== undefined && (maxIdleConnections === undefined || byMemory < maxIdleConnections)
  const max = isMemory ? byMemory : maxIdleConnections
  if (max === undefined) return undefined
  const time = estimator.timeOf((max * 1000) / intervals)
  if (time === undefined) return undefined
  const constraint = isMemory ? 'maxIdleMemory' : 'maxIdleConnections'
  const limit = isMemory ? bytes(maxIdleMemory!) : `${number(max)} connections`
  const why = `This is the longest timeout that keeps the average number of idle connections within ${constraint} (${limit})`
  return { constraint, timeout: Math.max(0, wholeSeconds(time - buffer)), why }
}

/** The header has whole seconds. */
const wholeSeconds = (timeout: number): number => Math.floor(timeout / 1000) * 1000

function contradiction(one: Bound, other: Bound): AdviceWarning {
  const message = `${one.constraint} asks for a timeout of at least ${duration(one.timeout)}, but ${other.constraint} for at most ${duration(other.timeout)}. The advice follows ${one.constraint === 'reuseShare' ? other.constraint : one.constraint}`
  return { code: 'constraints-contradict', message }
}

function budgetTooSmall({ constraint, timeout }: Bound, { buffer }: Rates): AdviceWarning {
  const message =
    timeout > 0
      ? `${constraint} asks for a timeout of at most ${duration(timeout)}, but clients that obey the Keep-Alive header never reuse a connection below ${duration(minTimeout)}. The advice does not go below ${duration(minTimeout)}`
      : `${constraint} cannot be met with a keepAliveTimeoutBuffer of ${duration(buffer)}: even a timeout of 1 s keeps more connections idle. The advice does not go below ${duration(minTimeout)}`
  return { code: 'constraints-contradict', message }
}

function beyondHorizon(
  { timeout }: Bound,
  estimator: Estimator,
  { buffer }: Rates,
): AdviceWarning | undefined {
  if (timeout + buffer <= estimator.horizon) return undefined
  const { reuse, waiting } = estimator.at(estimator.horizon)
  const left = waiting < 0.005 ? 'hardly any' : percent(waiting)
  const message = `The recommended timeout is longer than the longest observed wait, ${duration(estimator.horizon - buffer)}. A request will end at least ${percent(reuse)} of the idle intervals; ${left} were still waiting then`
  return { code: 'beyond-horizon', message }
}

function priceOf({ timeout }: Bound, estimator: Estimator, rates: Rates): string {
  const max = estimator.horizon - rates.buffer
  const point = pointAt(estimator, rates, Math.min(timeout, max))
  const share = `a request ends ${percent(point.reuse)} of the idle intervals`
  const at = timeout > max ? `At ${duration(max)}, the longest observed wait, ` : 'With it, '
  if (point.idleConnections === null || point.newConnectionsPerSecond === null) return at + share
  const news = `${number(point.newConnectionsPerSecond)} new connections per second`
  return `${at}${share}, with ${news} and ${number(point.idleConnections)} connections idle on average`
}
