import type { Policy } from '../policy/policy.ts'
import { count, duration } from '../words.ts'
import { error, info, warning } from './finding.ts'
import { judgeProxy } from './judge-proxy.ts'
import { errorOf } from './numbers.ts'
import type { ProbeFinding, ProbeReport } from './report.ts'

/**
 * What the figures mean, gravest first.
 *
 * @param policy - what the kit would do behind the proxy to judge for; left out, the server is judged by itself.
 */
export function judge(report: ProbeReport, policy?: Policy): ProbeFinding[] {
  const findings = [...report.findings, ...checks.flatMap((check) => check(report))]
  if (policy) findings.push(...judgeProxy(report, policy))
  const rank = { error: 0, warning: 1, info: 2 }
  return findings.sort((a, b) => rank[a.severity] - rank[b.severity])
}

type Check = (report: ProbeReport) => ProbeFinding[]

const checks: readonly Check[] = [
  ({ status }) =>
    status !== null && status >= 400
      ? info('status', `The response measured is a ${status}: another resource may behave otherwise.`)
      : [],
  ({ reuse, timings }) =>
    reuse === false
      ? warning(
          'no-reuse',
          `The server closes after each response: every request pays ${duration((timings?.connect ?? 0) + (timings?.tls ?? 0))} for a new connection.`,
        )
      : [],
  judgeHeader,
  judgeClose,
  judgeCap,
  ({ pipelining }) =>
    pipelining && pipelining.answered < pipelining.sent
      ? info(
          'pipelining-incomplete',
          `Of ${pipelining.sent} requests sent at once ${pipelining.answered} were answered: a client must send the others again.`,
        )
      : [],
  ({ halfClose }) =>
    halfClose !== null && halfClose !== 'answered'
      ? info(
          'half-close-unanswered',
          'A request whose client then ends its half of the connection is not answered.',
        )
      : [],
  ({ race }) =>
    race && race.lost > 0
      ? warning(
          'race-lost',
          `${count(race.lost, 'request')} of ${race.tries.length} sent just before the idle timeout ${race.lost === 1 ? 'was' : 'were'} not answered: whoever reuses connections must give them up well before the server does.`,
        )
      : [],
  ({ alpn }) =>
    alpn?.http2
      ? info('http2-offered', 'HTTP/2 is offered too, and browsers use it; all of this is about HTTP/1.1.')
      : [],
]

function judgeHeader({ idleTimeout, advertised }: ProbeReport): ProbeFinding[] {
  const promised = advertised?.timeout
  if (!idleTimeout || promised == null) return []
  const measured = duration(idleTimeout.atLeast)
  if (idleTimeout.header === 'earlier') {
    return error(
      'timeout-earlier-than-advertised',
      `Keep-Alive promises ${duration(promised)}, but the connection is closed after ${measured}: clients that believe it run into the close.`,
    )
  }
  if (idleTimeout.header === 'later') {
    return info(
      'timeout-later-than-advertised',
      `Keep-Alive promises ${duration(promised)}, and the connection is kept for ${idleTimeout.ms === null ? 'at least ' : ''}${measured}: clients that believe it give up connections they could reuse.`,
    )
  }
  return []
}

function judgeClose({ idleTimeout, timings }: ProbeReport): ProbeFinding[] {
  if (!idleTimeout) return []
  const { ms, atLeast, how, samples } = idleTimeout
  if (ms === null) {
    return samples.length > 0
      ? info(
          'timeout-uneven',
          `Some idle connections are closed, the first after ${duration(samples[0]!)}, and others are not: not by one timer.`,
        )
      : info(
          'timeout-not-seen',
          `Idle connections were still open after ${duration(atLeast)}; --max-wait waits longer.`,
        )
  }
  const spread = samples.at(-1)! - samples[0]!
  const findings =
    spread > 2 * errorOf(ms)
      ? info(
          'timeout-uneven',
          `Idle connections are closed after ${duration(samples[0]!)} to ${duration(samples.at(-1)!)}: not by one timer.`,
        )
      : []
  if (how === 'reset') {
    findings.push(
      ...warning(
        'closes-with-reset',
        'Idle connections are closed by a reset: a client takes it for an error, not for a close.',
      ),
    )
  }
  if (how === '408') {
    findings.push(
      ...warning(
        'closes-with-408',
        'Idle connections get a 408 that nobody asked for: a pool may take it for the answer to its next request.',
      ),
    )
  }
  if (how === 'fin' && timings?.tls != null) {
    findings.push(
      ...info(
        'no-close-notify',
        'Idle TLS connections are ended without close_notify: a client cannot tell it from an attack that cuts them.',
      ),
    )
  }
  return findings
}

function judgeCap({ maxRequests }: ProbeReport): ProbeFinding[] {
  if (!maxRequests || maxRequests.cap === null) return []
  const { cap, saidClose, closed } = maxRequests
  const findings = info('cap', `A connection is closed after ${count(cap, 'request')}.`)
  if (!saidClose) {
    findings.push(
      ...warning(
        'cap-unannounced',
        `The last of the ${count(cap, 'response')} did not say Connection: close: the next request runs into the close.`,
      ),
    )
  }
  if (saidClose && !closed) {
    findings.push(
      ...info('close-not-kept', 'After Connection: close the server leaves the connection open for a while.'),
    )
  }
  return findings
}
