import { KeepAliveError } from '../errors.ts'
import type { BoundingProxy, Chain } from './behind.ts'
import { margin } from './margin.ts'
import { longestTimer, optionRules } from './options.ts'
import { type NumberedProxyId, proxies } from './proxies.ts'

/**
 * The idle timeout: above that of the proxy that reuses our connections, so that it closes first, and with the
 * buffer below that of a layer-4 proxy on the way, so that we close before it forgets. `given` is the option.
 */
export function resolveKeepAliveTimeout(given: number | undefined, buffer: number, chain: Chain): number {
  const { pool, flow } = chain
  const above = pool?.idleTimeout ?? 0
  const highest = flow === undefined ? Infinity : flow.idleTimeout - buffer - 1
  if (flow !== undefined && highest <= above) throw noneFits(chain, flow, buffer)
  if (given !== undefined) checkKeepAliveTimeout(given, buffer, chain)
  const keepAliveTimeout = given ?? lowered(preferred(pool), above, highest, flow)
  if (keepAliveTimeout + buffer > longestTimer) throw beyondTimer(given, keepAliveTimeout, buffer)
  return keepAliveTimeout
}

function preferred(pool: BoundingProxy | undefined): number {
  const least = optionRules.keepAliveTimeout.default
  if (pool === undefined) return least
  const { id, idleTimeout, overridden } = pool
  // Without an override the number came from the table, so the proxy is in it.
  const suggested = overridden ? undefined : proxies[id as NumberedProxyId].keepAliveTimeout
  return Math.max(least, suggested ?? idleTimeout + margin(idleTimeout))
}

/** A margin below the layer-4 proxy if the preferred value is too high, but in the upper half of what is left. */
function lowered(wanted: number, above: number, highest: number, flow: BoundingProxy | undefined): number {
  if (flow === undefined || wanted <= highest) return wanted
  return Math.max(highest - margin(flow.idleTimeout), Math.ceil((above + highest) / 2))
}

/** Checks the value given against each of the two proxies. 0 keeps connections for ever. */
function checkKeepAliveTimeout(given: number, buffer: number, { pool, flow }: Chain): void {
  const kept = given === 0 ? Infinity : given
  if (pool !== undefined && kept <= pool.idleTimeout) {
    throw new KeepAliveError('ERR_KEEPALIVE_TIMEOUT_CONFLICT', {
      option: 'keepAliveTimeout',
      rule: `must be above the idle timeout of ${describe(pool)}, which otherwise reuses a connection as it is closed here`,
      value: given,
      remedy: `Raise it or leave it out; if ${pool.id} has another idle timeout, pass ${overriding(pool)}`,
    })
  }
  if (flow !== undefined && kept + buffer >= flow.idleTimeout) {
    throw new KeepAliveError('ERR_KEEPALIVE_TIMEOUT_CONFLICT', {
      option: 'keepAliveTimeout',
      rule: `with keepAliveTimeoutBuffer (${buffer} ms) added must stay below the idle timeout of ${describe(flow)}, which forgets the connection then`,
      value: given,
      remedy: `Lower it or leave it out; or raise ${flow.setting} of ${flow.id} and pass ${overriding(flow)}`,
    })
  }
}

/** How long request headers may take. Above the pool's idle timeout: a proxy may open connections in advance. */
export function resolveHeadersTimeout(
  given: number | undefined,
  keepAliveTimeout: number,
  chain: Chain,
): number {
  const { pool } = chain
  if (given === undefined) return defaultHeadersTimeout(keepAliveTimeout, chain)
  if (given !== 0 && pool !== undefined && given <= pool.idleTimeout) {
    throw new KeepAliveError('ERR_KEEPALIVE_TIMEOUT_CONFLICT', {
      option: 'headersTimeout',
      rule: `must be above the idle timeout of ${describe(pool)}, which otherwise gets a 408 on a connection opened in advance`,
      value: given,
      remedy: `Raise it or leave it out; if ${pool.id} has another idle timeout, pass ${overriding(pool)}`,
    })
  }
  return given
}

/** Follows keepAliveTimeout behind a proxy: whoever sets that by hand usually follows the raised idle timeout of a proxy. */
function defaultHeadersTimeout(keepAliveTimeout: number, chain: Chain): number {
  const follows = chain.proxies.length === 0 ? 0 : keepAliveTimeout + 1_000
  const least = chain.pool === undefined ? 0 : chain.pool.idleTimeout + 1_000
  return Math.min(longestTimer, Math.max(optionRules.headersTimeout.default, follows, least))
}

function noneFits({ pool }: Chain, flow: BoundingProxy, buffer: number): KeepAliveError {
  const raise = `${flow.setting} of ${flow.id} and pass ${overriding(flow)}`
  if (pool === undefined) {
    return new KeepAliveError('ERR_KEEPALIVE_TIMEOUT_CONFLICT', {
      option: 'keepAliveTimeoutBuffer',
      rule: `leaves no room for keepAliveTimeout below the idle timeout of ${describe(flow)}`,
      value: buffer,
      remedy: `Lower it, or raise ${raise}`,
    })
  }
  const lower =
    pool.setting === null ? '' : `, or lower ${pool.setting} of ${pool.id} and pass ${overriding(pool)}`
  return new KeepAliveError('ERR_KEEPALIVE_TIMEOUT_CONFLICT', {
    option: 'behind',
    rule: `leaves no keepAliveTimeout: it would have to be above the idle timeout of ${describe(pool)} and, with keepAliveTimeoutBuffer (${buffer} ms) added, below that of ${describe(flow)}`,
    value: [flow.id, pool.id],
    remedy: `Raise ${raise}${lower}`,
  })
}

function beyondTimer(given: number | undefined, keepAliveTimeout: number, buffer: number): KeepAliveError {
  const sum =
    given === undefined
      ? `keepAliveTimeout (${keepAliveTimeout} ms)`
      : `keepAliveTimeoutBuffer (${buffer} ms)`
  return new KeepAliveError('ERR_KEEPALIVE_OPTION_RANGE', {
    option: given === undefined ? 'keepAliveTimeoutBuffer' : 'keepAliveTimeout',
    rule: `and ${sum} together must be at most ${longestTimer} ms, the longest timer there is`,
    value: given ?? buffer,
    remedy: 'Lower one of the two',
  })
}

function describe(proxy: BoundingProxy): string {
  return `${proxy.id} (${proxy.idleTimeout} ms)`
}

function overriding(proxy: BoundingProxy): string {
  return `{ proxy: '${proxy.id}', idleTimeout: … }`
}
