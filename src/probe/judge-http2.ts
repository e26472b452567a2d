import { duration } from '../words.ts'
import { info, warning } from './finding.ts'
import type { Goaway, ProbeFinding, ProbeReport } from './report.ts'

/** The highest stream id: a GOAWAY that names it refuses no request. */
const everyStream = 0x7fff_ffff

/** How an HTTP/2 server announces that it closes a session, and what PINGs do. */
export function judgeHttp2({ protocol, idleTimeout, maxAge, ping }: ProbeReport): ProbeFinding[] {
  if (protocol === 'http/1.1') return []
  const findings = ping ? judgePing(ping) : []
  if (!idleTimeout || (idleTimeout.ms === null && maxAge === null)) return findings
  if (idleTimeout.goaway) return [...findings, ...judgeGoaway(idleTimeout.goaway)]
  return [
    ...findings,
    ...warning(
      'no-goaway',
      'The server closes idle HTTP/2 connections without GOAWAY: a client whose request crosses the close cannot know whether the server processed it, and must not send a POST again.',
    ),
  ]
}

function judgeGoaway({ lastStreamId, errorCode, closedAfter }: Goaway): ProbeFinding[] {
  const findings: ProbeFinding[] = []
  if (lastStreamId === everyStream) {
    findings.push(
      ...warning(
        'goaway-not-exact',
        `The last GOAWAY for an idle connection names stream ${everyStream}: it says of no request that it was not processed. A client whose request crosses the close must not send a POST again.`,
      ),
    )
  }
  if (errorCode !== 'NO_ERROR') {
    findings.push(
      ...warning(
        'goaway-error',
        `The GOAWAY for an idle connection carries ${errorCode}, not NO_ERROR: clients report an error where nothing failed.`,
      ),
    )
  }
  if (closedAfter === null) {
    findings.push(
      ...info(
        'close-not-kept',
        'After the GOAWAY for an idle connection the server leaves the connection open for more than 2 s.',
      ),
    )
  }
  return findings
}

function judgePing({ answered, restartsIdleTimeout }: NonNullable<ProbeReport['ping']>): ProbeFinding[] {
  if (!answered) {
    return warning(
      'ping-unanswered',
      `The server did not answer a PING within ${duration(3_000)}: gRPC clients that check their connections by PING close them.`,
    )
  }
  if (!restartsIdleTimeout) return []
  return info(
    'ping-keeps-open',
    'A PING restarts the idle timeout: a client that sends PINGs keeps an unused connection open.',
  )
}
