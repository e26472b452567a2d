import { type BoundingProxy, poolOf, type ResolvedProxy } from '../policy/behind.ts'
import type { Policy } from '../policy/policy.ts'
import { duration } from '../words.ts'
import { error, info } from './finding.ts'
import { idleRemedy } from './remedy.ts'
import type { ProbeFinding, ProbeReport } from './report.ts'

/** Whether the idle timeout fits the layer-7 proxy that reuses the connections, and a layer-4 proxy on the way. */
export function judgeProxy(
  { idleTimeout, maxAge, reuse, server, protocol }: ProbeReport,
  policy: Policy,
): ProbeFinding[] {
  const pool = poolOf(policy.behind)
  const flows = policy.behind.slice(0, pool ? policy.behind.indexOf(pool) : undefined)
  if (reuse === false || !idleTimeout) {
    const why = reuse === false ? 'the server keeps no connection open' : 'the idle timeout is not known'
    return info('proxy-not-judged', `The probe cannot judge for ${names(policy.behind)}: ${why}.`)
  }
  if (pool && maxAge !== null && idleTimeout.goaway) {
    return info(
      'proxy-not-judged',
      `The server closes connections by age, ${duration(maxAge)} after they were opened, with GOAWAY: ${name(pool)} loses no request if it retries the requests that a GOAWAY refuses.`,
    )
  }
  if (pool && maxAge !== null) {
    return error(
      'proxy-outlives-server',
      `The server closes connections by age, ${duration(maxAge)} after they were opened. If ${name(pool)} sends a request at that moment, it answers 502.`,
      'Let the server close with a response (Connection: close) instead.',
    )
  }
  const remedy = (bound: 'at least' | 'at most'): string =>
    idleRemedy(server, policy.keepAliveTimeout, bound, protocol)
  const findings = [
    ...(pool ? judgePool(pool, idleTimeout, lossOf(protocol), remedy('at least')) : []),
    ...flows.flatMap((flow) => judgeFlow(flow, idleTimeout, remedy('at most'))),
  ]
  if (findings.length > 0) return findings
  return info(
    'proxy-fits',
    `${idleTimeout.ms === null ? 'At least ' : ''}${duration(idleTimeout.atLeast)} fits ${names(policy.behind)}.`,
  )
}

type Idle = NonNullable<ProbeReport['idleTimeout']>

/** What happens to requests that the proxy sends at the moment of the close. */
function lossOf(protocol: ProbeReport['protocol']): string {
  return protocol === 'http/1.1'
    ? 'requests sent at that moment become 502s.'
    : 'requests sent at that moment fail unless the proxy retries them.'
}

function judgePool(
  pool: BoundingProxy,
  { atLeast, samples }: Idle,
  loss: string,
  remedy: string,
): ProbeFinding[] {
  const least = pool.idleTimeout
  if (atLeast > least) return []
  if (samples.length === 0) {
    return info(
      'proxy-not-judged',
      `The probe watched idle connections for ${duration(atLeast)}, and ${name(pool)} keeps them for ${duration(least)}.`,
      'Wait longer: raise --max-wait.',
    )
  }
  return error(
    'proxy-outlives-server',
    `${name(pool)} keeps idle connections for ${duration(least)}, the server closes them after ${duration(atLeast)}: ${loss}`,
    remedy,
  )
}

function judgeFlow(flow: ResolvedProxy, idle: Idle, remedy: string): ProbeFinding[] {
  const most = flow.idleTimeout!
  // Of open connections only this is known: they outlasted the others.
  const longest = idle.samples.at(-1) ?? idle.atLeast
  const isOpen = idle.open > 0 || idle.samples.length === 0
  if (longest < most) {
    if (!isOpen) return []
    const seen = `Idle connections were still open after ${duration(longest)}, and ${name(flow)} forgets them after ${duration(most)}`
    return idle.samples.length === 0
      ? info('proxy-not-judged', `${seen}.`, 'Wait longer: raise --max-wait.')
      : info('proxy-not-judged', `${seen}. The server has several timers, and the longest is not known.`)
  }
  return error(
    'server-outlives-proxy',
    `${name(flow)} forgets idle connections after ${duration(most)}, the server keeps them for ${isOpen ? 'at least ' : ''}${duration(longest)}: a client that reuses a forgotten connection gets no answer.`,
    `${remedy} Or raise ${flow.setting}.`,
  )
}

function name(proxy: ResolvedProxy): string {
  return `${proxy.id}${proxy.overridden ? ' as given' : ''}`
}

function names(proxies: readonly ResolvedProxy[]): string {
  return proxies.map(({ id }) => id).join(', ')
}
