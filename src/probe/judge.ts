import { quote } from '../errors.ts'
import type { Policy } from '../policy/policy.ts'
import { count, duration } from '../words.ts'
import { info, warning } from './finding.ts'
import { judgeCap } from './judge-cap.ts'
import { judgeHttp2 } from './judge-http2.ts'
import { judgeClose, judgeHeader } from './judge-idle.ts'
import { judgeProxy } from './judge-proxy.ts'
import { reuseRemedy } from './remedy.ts'
import type { ProbeFinding, ProbeReport } from './report.ts'

/**
 * What the figures mean, the gravest first.
 *
 * @param policy - the kit's policy behind the proxy to judge for; left out, the server is judged alone.
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
      ? info('status', `The measured response has status ${status}. Another resource may behave differently.`)
      : [],
  ({ status, location }) =>
    isRedirect(status) && location !== null
      ? info(
          'redirect',
          `The measured response is a redirect, ${status} to ${quote(location)}.`,
          'Probe that URL to measure what it serves.',
        )
      : [],
  ({ reuse, timings, server }) =>
    reuse === false
      ? warning(
          'no-reuse',
          `The server closes the connection after each response: every request pays ${duration((timings?.connect ?? 0) + (timings?.tls ?? 0))} for a new connection.`,
          reuseRemedy(server),
        )
      : [],
  judgeHeader,
  judgeClose,
  judgeCap,
  judgeHttp2,
  ({ pipelining }) =>
    pipelining && pipelining.answered < pipelining.sent
      ? info(
          'pipelining-incomplete',
          `The server answered ${pipelining.answered} of ${pipelining.sent} requests sent at once: a client must send the others again.`,
        )
      : [],
  judgeHalfClose,
  ({ race, protocol }) =>
    race && race.lost > 0
      ? warning(
          'race-lost',
          `${count(race.lost, 'request')} of ${race.tries.length} sent just before the idle timeout ${race.lost === 1 ? 'was' : 'were'} not answered${protocol === 'http/1.1' ? '' : ', and no GOAWAY refused them'}.`,
          'Let proxies and clients close idle connections well before the server does.',
        )
      : [],
  ({ alpn, protocol }) =>
    alpn?.http2 && protocol === 'http/1.1'
      ? info(
          'http2-offered',
          'The server offers HTTP/2 too, and browsers use it. These figures are about HTTP/1.1. Measure HTTP/2 with --http2.',
        )
      : [],
]

function isRedirect(status: number | null): boolean {
  return status !== null && status >= 300 && status < 400 && status !== 304
}

function judgeHalfClose({ halfClose }: ProbeReport): ProbeFinding[] {
  if (halfClose === null || halfClose === 'answered') return []
  return halfClose === 'at-once'
    ? info(
        'half-close-not-known',
        'The server answered a half-closed client before it could notice the FIN.',
        'To learn whether slow handlers answer too, probe a resource that takes more than 50 ms.',
      )
    : info(
        'half-close-unanswered',
        'The server does not answer a client that half-closes the connection after its request.',
      )
}
