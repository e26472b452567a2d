import { KeepAliveError } from '../errors.ts'
import type { BoundingProxy, Chain } from './behind.ts'
import { margin } from './margin.ts'
import { maxTimer, optionRules } from './options.ts'
import { type NumberedProxyId, proxies } from './proxies.ts'

/**
 * The idle timeout. It is above the timeout of the proxy that reuses our connections, so that the proxy closes first. With
 * the buffer, it is below the timeout of a layer-4 proxy, so that we close before that proxy forgets the connection.
 * `given` is the option.
 */
export function resolveKeepAliveTimeout(given: number | undefined, buffer: number, chain: Chain): number {
  const { pool, flow } = chain
  const min = pool?.idleTimeout ?? 0
  const max = flow === undefined ? Infinity : flow.idleTimeout - buffer - 1
  if (flow !== undefined && max <= min) throw noneFits(chain, flow, buffer)
  if (given !== undefined) checkKeepAliveTimeout(given, buffer, chain)
  const keepAliveTimeout = given ?? lowered(preferred(pool), min, max, flow)
  if (keepAliveTimeout + buffer > maxTimer) throw beyondTimer(given, keepAliveTimeout, buffer)
  return keepAliveTimeout
}

function preferred(pool: BoundingProxy | undefined): number {
  const min = optionRules.keepAliveTimeout.default
  if (pool === undefined) return min
  const { id, idleTimeout, overridden } = pool
  // Without an override the number came from the table, so the proxy is in the table.
  const suggested = overridden ? undefined : proxies[id as NumberedProxyId].keepAliveTimeout
  return Math.max(min, suggested ?? idleTimeout + margin(idleTimeout))
}

/** If the preferred value is too high: a margin below the layer-4 proxy, but in the upper half of the possible range. */
function lowered(wanted: number, min: number, max: number, flow: BoundingProxy | undefined): number {
  if (flow === undefined || wanted <= max) return wanted
  return Math.max(max - margin(flow.idleTimeout), Math.ceil((min + max) / 2))
}

/** Checks the given value against each of the two proxies. 0 keeps connections forever. */
function checkKeepAliveTimeout(given: number, buffer: number, { pool, flow }: Chain): void {
  const kept = given === 0 ? Infinity : given
  if (pool !== undefined && kept <= pool.idleTimeout) {
    throw new KeepAliveError('ERR_KEEPALIVE_TIMEOUT_CONFLICT', {
      option: 'keepAliveTimeout',
      rule: `must be above the idle timeout of ${describe(pool)}; otherwise the proxy reuses a connection just as the server closes it`,
      value: given,
      remedy: remedyBelow('keepAliveTimeout', given, pool),
    })
  }
  if (flow !== undefined && kept + buffer >= flow.idleTimeout) {
    throw new KeepAliveError('ERR_KEEPALIVE_TIMEOUT_CONFLICT', {
      option: 'keepAliveTimeout',
      rule: `plus keepAliveTimeoutBuffer (${buffer} ms) must stay below the idle timeout of ${describe(flow)}, after which the proxy forgets the connection`,
      value: given,
      remedy: `Lower it or leave it out, or raise ${flow.setting} of ${flow.id} and pass ${overriding(flow)}`,
    })
  }
}

/** The remedy for a timeout below the idle timeout of the proxy. */
function remedyBelow(option: string, given: number, pool: BoundingProxy): string {
  const otherwise = `leave it out; if ${pool.id} has another idle timeout, pass ${overriding(pool)}`
  return given * 1_000 > pool.idleTimeout && looksLikeSeconds(given, pool)
    ? `Times are in milliseconds: for ${given} s, write ${option}: ${given * 1_000}, or ${otherwise}`
    : `Raise it or ${otherwise}`
}

/** A time in ms of whole seconds is a multiple of 1,000, such as Node's default of 5,000. */
function looksLikeSeconds(time: number, pool: BoundingProxy): boolean {
  return time < 1_000 || (time % 1_000 !== 0 && time * 1_000 <= pool.idleTimeout * 2)
}

/** How long request headers may take. Above the proxy's idle timeout, because a proxy may open connections in advance. */
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
      rule: `must be above the idle timeout of ${describe(pool)}; otherwise the proxy gets a 408 on a connection that it opened in advance`,
      value: given,
      remedy: remedyBelow('headersTimeout', given, pool),
    })
  }
  return given
}

/** Follows keepAliveTimeout behind a proxy: an app that sets it usually follows a raised idle timeout of the proxy. */
function defaultHeadersTimeout(keepAliveTimeout: number, chain: Chain): number {
  const follows = chain.proxies.length === 0 ? 0 : keepAliveTimeout + 1_000
  const min = chain.pool === undefined ? 0 : chain.pool.idleTimeout + 1_000
  return Math.min(maxTimer, Math.max(optionRules.headersTimeout.default, follows, min))
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
    rule: `leaves no value for keepAliveTimeout: it must be above the idle timeout of ${describe(pool)} and, plus keepAliveTimeoutBuffer (${buffer} ms), below that of ${describe(flow)}`,
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
    rule: `and ${sum} together must be at most ${maxTimer} ms, the maximum of Node's timers`,
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
