import { duration } from '../words.ts'
import { error, info, warning } from './finding.ts'
import { isUneven } from './numbers.ts'
import { headerRemedy } from './remedy.ts'
import type { IdleTimeout, ProbeFinding, ProbeReport } from './report.ts'

/** Whether the `Keep-Alive` header tells the truth. */
export function judgeHeader({ idleTimeout, maxAge, advertised, server }: ProbeReport): ProbeFinding[] {
  const promised = advertised?.timeout
  if (!idleTimeout || promised == null) return []
  const measured = duration(maxAge === null ? idleTimeout.atLeast : maxAge / 2)
  if (idleTimeout.header === 'earlier') {
    return error(
      'timeout-earlier-than-advertised',
      `Keep-Alive promises ${duration(promised)}, but the server closes the connection after ${measured}: clients that rely on the header lose requests.`,
      headerRemedy(server),
    )
  }
  if (idleTimeout.header === 'later') {
    return info(
      'timeout-later-than-advertised',
      `Keep-Alive promises ${duration(promised)}, and the server keeps the connection for ${idleTimeout.ms === null ? 'at least ' : ''}${measured}: clients that rely on the header close connections that they could reuse.`,
      headerRemedy(server),
    )
  }
  return []
}

/** How idle connections are closed, and by what. */
export function judgeClose({ idleTimeout, maxAge, timings }: ProbeReport): ProbeFinding[] {
  if (!idleTimeout) return []
  const { how } = idleTimeout
  const findings = judgeTimer(idleTimeout, maxAge)
  if (how === 'reset') {
    findings.push(
      ...warning(
        'closes-with-reset',
        'The server closes idle connections with a reset: clients take a reset for an error, not for a close.',
      ),
    )
  }
  if (how === '408') {
    findings.push(
      ...warning(
        'closes-with-408',
        'The server sends an unsolicited 408 on idle connections: a pool may take it for the answer to its next request.',
      ),
    )
  }
  // A GOAWAY tells a client as much.
  if (how === 'fin' && timings?.tls != null && !idleTimeout.goaway) {
    findings.push(
      ...info(
        'no-close-notify',
        'The server ends idle TLS connections without close_notify: a client cannot tell this from an attack that cuts them.',
      ),
    )
  }
  return findings
}

function judgeTimer(
  { ms, atLeast, samples, open, goaway }: IdleTimeout,
  maxAge: number | null,
): ProbeFinding[] {
  if (maxAge !== null && goaway) {
    return info(
      'closes-by-age',
      `The server closes a connection ${duration(maxAge)} after it was opened, even if it was used ${duration(maxAge / 2)} before. A GOAWAY says so first: clients may send again what it refuses.`,
    )
  }
  if (maxAge !== null) {
    return warning(
      'closes-by-age',
      `The server closes a connection ${duration(maxAge)} after it was opened, even if a request used it ${duration(maxAge / 2)} before. A request sent at that moment is lost, and no idle timeout prevents this.`,
      'Let the server close with a response (Connection: close) instead.',
    )
  }
  if (isUneven({ samples, open })) {
    const times = `Of ${samples.length + open} idle connections the server closed ${samples.length}, after ${duration(samples[0]!)}${samples.length > 1 ? ` to ${duration(samples.at(-1)!)}` : ''}`
    return info(
      'timeout-uneven',
      `${times}${open > 0 ? `, and left ${open} open` : ''}: not one timer. There are probably several backends with different timeouts.`,
    )
  }
  if (ms !== null) return []
  return info(
    'timeout-not-seen',
    `Idle connections were still open after ${duration(atLeast)}, when the wait expired.`,
    'Raise --max-wait to measure the idle timeout.',
  )
}
