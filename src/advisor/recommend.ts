import { bytes, count, duration, number, percent } from '../words.ts'
import type { AdviceWarning, Observed, Recommendation } from './advice.ts'
import { pointAt, type Rates } from './curve.ts'
import type { Estimator } from './estimate.ts'
import type { ResolvedConstraints } from './read-options.ts'

/** A bound on the timeout: which constraint sets it, and where, as `keepAliveTimeout` in ms. */
interface Bound {
  readonly constraint: string
  readonly timeout: number
  readonly why: string
}

/**
 * Clients that obey the header close 1 s (Node's Agent) or 2 s (undici) before the time in it, and never reuse where nothing is
 * left: to save connections by a shorter timeout would cost them all.
 */
const shortest = 3_000

/** With fewer idle intervals no timeout shorter than the one in force is recommended. */
const enoughIntervals = 1_000

/** An observation shorter than so many times the timeout in force does not show that a shorter timeout is enough. */
const enoughTimes = 5

/** So many requests later than the timeout in force are no chance: their clients ignore the Keep-Alive header. */
const fewNearMisses = 5

/**
 * The smallest timeout that keeps the share of the reachable reuse, above the proxy's, within the budgets. Where two of
 * them contradict each other, the proxy comes first, as a server that closes before it loses requests; then the budgets.
 */
export function recommend(
  estimator: Estimator,
  rates: Rates,
  constraints: ResolvedConstraints,
  observed: Pick<Observed, 'keepAliveTimeout' | 'duration'>,
  nearMisses: number = 0,
): { readonly recommended: Recommendation; readonly warnings: readonly AdviceWarning[] } {
  const proxy = proxyBound(constraints)
  if (estimator.horizon <= rates.buffer) return { recommended: blind(proxy, tooFew, observed), warnings: [] }
  if (estimator.at(estimator.horizon).reuse === 0)
    return { recommended: blind(proxy, noReuse, observed), warnings: [] }
  const share = shareBound(estimator, rates, constraints, observed, nearMisses)
  const budget = budgetBound(estimator, rates, constraints)
  const isShareDecisive = !budget || budget.timeout >= share.timeout
  if (isShareDecisive && !observed.keepAliveTimeout && !isKnown(estimator, observed, nearMisses))
    return { recommended: blind(proxy, notShown, observed), warnings: [] }
  const warnings: AdviceWarning[] = []
  if (proxy && budget && proxy.timeout > budget.timeout) warnings.push(contradiction(proxy, budget))
  else if (budget && share.timeout > budget.timeout && constraints.reuseShare.given)
    warnings.push(contradiction(share, budget))
  else if (budget && budget.timeout < shortest) warnings.push(budgetTooSmall(budget, rates))
  const wished = isShareDecisive ? share : noShorter(budget)
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
  const why = `It is ${duration(proxy.margin)} above the proxy's idle timeout of ${duration(proxy.idleTimeout)}, so that the proxy closes first and no request is lost`
  return { constraint: 'proxyIdleTimeout', timeout, why }
}

const tooFew = 'There are too few idle intervals to go by: watch the traffic for longer'
const noReuse = 'No idle interval ended in reuse: to go by that, no timeout is better than another'

const notShown =
  'No single timeout is in force to stay above, and the traffic does not show that a short timeout is enough: watch it for longer, with one timeout in all processes'

/**
 * Whether so much was seen that it can do without a timeout in force: processes have different ones, none is known, or idle
 * connections are kept for ever.
 */
function isKnown(
  { total, horizon }: Estimator,
  { duration: watched }: Pick<Observed, 'duration'>,
  nearMisses: number,
): boolean {
  if (nearMisses >= fewNearMisses || total < enoughIntervals) return false
  return watched === null || watched >= enoughTimes * horizon
}

/** Where the traffic tells nothing. */
function blind(
  proxy: Bound | undefined,
  nothing: string,
  { keepAliveTimeout }: Pick<Observed, 'keepAliveTimeout'>,
): Recommendation {
  if (!proxy) return { keepAliveTimeout: null, why: nothing }
  const inForce = keepAliveTimeout ?? 0
  if (inForce > Math.max(proxy.timeout, shortest))
    return { keepAliveTimeout: inForce, why: `${keepsInForce(inForce)}. ${nothing}` }
  const { timeout, why } = noShorter(proxy)
  return { keepAliveTimeout: timeout, why: `${why}. ${nothing}` }
}

const keepsInForce = (inForce: number): string =>
  `It is the timeout in force, ${duration(inForce)}: no shorter timeout has been seen to be enough`

const ignoredHeader = (inForce: number, nearMisses: number): string =>
  `It is the timeout in force, ${duration(inForce)}: ${count(nearMisses, 'request')} came later than that, within the buffer, and a shorter timeout would lose such requests`

/** A bound below the shortest timeout is raised to it. */
function noShorter(bound: Bound): Bound {
  if (bound.timeout >= shortest) return bound
  const why = `It is the shortest that does no harm to clients that obey the Keep-Alive header, though ${bound.constraint} asks for ${duration(bound.timeout)}`
  return { constraint: bound.constraint, timeout: shortest, why }
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
  const timeout = Math.max(shortest, Math.min(wished, Math.floor(horizon - buffer)))
  const inForce = observed.keepAliveTimeout ?? 0
  if (timeout < inForce && nearMisses >= fewNearMisses)
    return { constraint: 'reuseShare', timeout: inForce, why: ignoredHeader(inForce, nearMisses) }
  if (timeout < inForce && !isEnough(estimator, rates, timeout, reuseShare.value, observed))
    return { constraint: 'reuseShare', timeout: inForce, why: keepsInForce(inForce) }
  const kept = reachable > 0 ? estimator.at(Math.min(horizon, timeout + buffer)).reuse / reachable : 1
  const why =
    wished < timeout
      ? `It is the shortest that does no harm to clients that obey the Keep-Alive header, and keeps ${percent(kept)} of the reachable reuse`
      : `It is the smallest that keeps ${percent(reuseShare.value)} of the reachable reuse: it keeps ${percent(kept)}`
  return { constraint: 'reuseShare', timeout, why }
}

/**
 * Whether a timeout shorter than the one in force has been seen to keep the share: of all that could be reused under the
 * timeout in force. Where waits are not watched up to that timeout, each interval that still waits at the horizon may
 * yet end in reuse.
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
  const most = isMemory ? byMemory : maxIdleConnections
  if (most === undefined) return undefined
  const time = estimator.timeOf((most * 1000) / intervals)
  if (time === undefined) return undefined
  const constraint = isMemory ? 'maxIdleMemory' : 'maxIdleConnections'
  const limit = isMemory ? bytes(maxIdleMemory!) : `${number(most)} connections`
  const why = `It is the longest that keeps what is idle on average within ${constraint} (${limit})`
  return { constraint, timeout: Math.max(0, wholeSeconds(time - buffer)), why }
}

/** As the header has them. */
const wholeSeconds = (timeout: number): number => Math.floor(timeout / 1000) * 1000

function contradiction(one: Bound, other: Bound): AdviceWarning {
  const message = `${one.constraint} asks for a timeout of at least ${duration(one.timeout)}, ${other.constraint} for at most ${duration(other.timeout)}: the advice keeps to ${one.constraint === 'reuseShare' ? other.constraint : one.constraint}`
  return { code: 'constraints-contradict', message }
}

function budgetTooSmall({ constraint, timeout }: Bound, { buffer }: Rates): AdviceWarning {
  const message =
    timeout > 0
      ? `${constraint} asks for a timeout of at most ${duration(timeout)}, and clients that obey the Keep-Alive header never reuse below ${duration(shortest)}: the advice does not go below that`
      : `${constraint} and keepAliveTimeoutBuffer (${duration(buffer)}) contradict each other: with a timeout of 1 s more connections are idle. The advice does not go below ${duration(shortest)}`
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
  const message = `No wait longer than ${duration(estimator.horizon - buffer)} was watched, and the recommended timeout is: a request will end ${percent(reuse)} of the idle intervals at least, and ${left} more were still waiting then`
  return { code: 'beyond-horizon', message }
}

function priceOf({ timeout }: Bound, estimator: Estimator, rates: Rates): string {
  const most = estimator.horizon - rates.buffer
  const point = pointAt(estimator, rates, Math.min(timeout, most))
  const share = `a request ends ${percent(point.reuse)} of the idle intervals`
  const at = timeout > most ? `At ${duration(most)}, up to which was watched, ` : 'With it '
  if (point.idleConnections === null || point.newConnectionsPerSecond === null) return at + share
  const news = `${number(point.newConnectionsPerSecond)} new connections per second`
  return `${at}${share}, with ${news} and ${number(point.idleConnections)} connections idle on average`
}
