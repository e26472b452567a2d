import { type BoundingProxy, poolOf, type ResolvedProxy } from '../policy/behind.ts'
import type { Policy } from '../policy/policy.ts'
import { duration } from '../words.ts'
import { error, info } from './finding.ts'
import { idleRemedy } from './remedy.ts'
import type { ProbeFinding, ProbeReport } from './report.ts'

/** Whether the server fits between the layer-7 proxy that reuses its connections and a layer-4 one on the way. */
export function judgeProxy(
  { idleTimeout, maxAge, reuse, server, protocol }: ProbeReport,
  policy: Policy,
): ProbeFinding[] {
  const pool = poolOf(policy.behind)
  const flows = policy.behind.slice(0, pool ? policy.behind.indexOf(pool) : undefined)
  if (reuse === false || !idleTimeout) {
    const why = reuse === false ? 'the server keeps no connection' : 'the idle timeout is not known'
    return info('proxy-not-judged', `Nothing can be said of ${names(policy.behind)}: ${why}.`)
  }
  if (pool && maxAge !== null && idleTimeout.goaway) {
    return info(
      'proxy-not-judged',
      `The server closes connections by age, ${duration(maxAge)} after they were opened, by GOAWAY: ${name(pool)} loses no request if it sends those again that a GOAWAY refuses.`,
    )
  }
  if (pool && maxAge !== null) {
    return error(
      'proxy-outlives-server',
      `The server closes connections by age, ${duration(maxAge)} after they were opened, and ${name(pool)} may send a request at that moment: requests sent into the close become 502s.`,
    )
  }
  const remedy = (bound: 'at least' | 'at most'): string =>
    idleRemedy(server, policy.keepAliveTimeout, bound, protocol)
  const findings = [
    ...(pool ? judgePool(pool, idleTimeout, `${lossOf(protocol)} ${remedy('at least')}`) : []),
    ...flows.flatMap((flow) => judgeFlow(flow, idleTimeout, remedy('at most'))),
  ]
  if (findings.length > 0) return findings
  return info(
    'proxy-fits',
    `${idleTimeout.ms === null ? 'At least ' : ''}${duration(idleTimeout.atLeast)} fits ${names(policy.behind)}.`,
  )
}

type Idle = NonNullable<ProbeReport['idleTimeout']>

/** What becomes of requests that are sent into the close. */
function lossOf(protocol: ProbeReport['protocol']): string {
  return protocol === 'http/1.1'
    ? 'requests sent into the close become 502s.'
    : 'requests that cross the close fail unless the proxy sends them again.'
}

function judgePool(pool: BoundingProxy, { atLeast, samples }: Idle, consequence: string): ProbeFinding[] {
  const least = pool.idleTimeout
  if (atLeast > least) return []
  if (samples.length === 0) {
    return info(
      'proxy-not-judged',
      `Idle connections were watched for ${duration(atLeast)}, and ${name(pool)} keeps them for ${duration(least)}: wait longer, with --max-wait.`,
    )
  }
  return error(
    'proxy-outlives-server',
    `${name(pool)} keeps idle connections for ${duration(least)}, the server closes them after ${duration(atLeast)}: ${consequence}`,
  )
}

function judgeFlow(flow: ResolvedProxy, idle: Idle, remedy: string): ProbeFinding[] {
  const most = flow.idleTimeout!
  // Of those that are open, no more is known than that they outlasted the others.
  const longest = idle.samples.at(-1) ?? idle.atLeast
  const isOpen = idle.open > 0 || idle.samples.length === 0
  if (longest < most) {
    if (!isOpen) return []
    // After the first close the others are not waited for until the end of --max-wait.
    const why =
      idle.samples.length === 0
        ? 'wait longer, with --max-wait'
        : 'they have more timers than one, of which the longest is not known'
    return info(
      'proxy-not-judged',
      `Idle connections were still open after ${duration(longest)}, and ${name(flow)} forgets them after ${duration(most)}: ${why}.`,
    )
  }
  return error(
    'server-outlives-proxy',
    `${name(flow)} forgets idle connections after ${duration(most)}, the server keeps them for ${isOpen ? 'at least ' : ''}${duration(longest)}: whoever reuses one then gets no answer. ${remedy} Or raise ${flow.setting}.`,
  )
}

function name(proxy: ResolvedProxy): string {
  return `${proxy.id}${proxy.overridden ? ' as given' : ''}`
}

function names(proxies: readonly ResolvedProxy[]): string {
  return proxies.map(({ id }) => id).join(', ')
}
