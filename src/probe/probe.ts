import { setMaxListeners } from 'node:events'
import { duration } from '../words.ts'
import { Interrupted, ProbeFailure } from './failure.ts'
import { warning } from './finding.ts'
import { type ProbeFinding, type ProbeReport, type ProbeTimeline, reportVersion } from './report.ts'
import { Session } from './session.ts'
import { steps } from './steps/all.ts'
import { measureTimings } from './steps/timings.ts'
import type { SessionOptions } from './wire.ts'

export interface ProbeOptions extends SessionOptions {
  /** Called before each long wait, with what the probe waits for and how long. */
  readonly onLongWait?: (text: string) => void
  /**
   * @param done - share of the expected time, from 0 to 1.
   * @param waitingFor - what comes next, in a few words.
   */
  readonly onProgress?: (done: number, waitingFor: string) => void
}

export interface Probed {
  /** With the failed steps as its only findings: judge() adds the others. */
  readonly report: ProbeReport
  readonly timelines: readonly ProbeTimeline[]
  readonly interrupted: boolean
}

/**
 * Measures a server's keep-alive behavior from outside, one step after the other. A step that fails leaves its part of
 * the report `null`, and a finding. When the signal aborts, the probe reports what it knows.
 *
 * @throws ProbeFailure if the first step fails: then nothing is known.
 */
export async function probe(options: ProbeOptions): Promise<Probed> {
  const { maxWait, onProgress = () => {}, onLongWait = () => {} } = options
  // Each connection that is waited on listens to the signal, a dozen at once.
  setMaxListeners(64, options.signal)
  const session = new Session(options)
  const report = emptyReport(options)
  const failures: ProbeFinding[] = []
  let interrupted = false
  try {
    onProgress(0, 'handshakes and first requests')
    Object.assign(report, await session.step(maxWait, () => measureTimings(session)))
    for (const { what, from, to, applies, ahead, run } of steps) {
      session.checkInterrupted()
      if (!applies(report, session)) continue
      onProgress(from, what)
      const text = ahead?.(report, session)
      if (text !== undefined) onLongWait(text)
      const onWait = (waited: number, expected: number): void =>
        onProgress(
          from + (to - from) * Math.min(1, waited / expected),
          `${what}: waited ${seconds(waited)} of at most ${seconds(expected)}`,
        )
      try {
        // Once the idle timeout is known, a step may wait for it again, beyond --max-wait.
        const allowance = maxWait + (report.idleTimeout?.ms ?? 0)
        Object.assign(report, await session.step(allowance, () => run(session, report, onWait)))
      } catch (error) {
        if (!(error instanceof ProbeFailure)) throw error
        failures.push(...warning('step-failed', `${what}: ${error.message}`))
      }
    }
    session.checkInterrupted()
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    interrupted = true
  }
  const complete = !interrupted && failures.length === 0
  return {
    report: { ...report, complete, requests: session.sent, findings: failures },
    timelines: session.timelines,
    interrupted,
  }
}

function emptyReport({ target, http2 }: ProbeOptions): ProbeReport {
  return {
    version: reportVersion,
    url: target.url,
    protocol: http2 ? (target.tls ? 'h2' : 'h2c') : 'http/1.1',
    address: target.where,
    complete: false,
    requests: 0,
    status: null,
    location: null,
    server: null,
    reuse: null,
    advertised: null,
    timings: null,
    maxRequests: null,
    http10KeepAlive: null,
    pipelining: null,
    halfClose: null,
    alpn: null,
    idleTimeout: null,
    maxAge: null,
    race: null,
    ping: null,
    maxConcurrentStreams: null,
    findings: [],
  }
}

/** In whole seconds: the progress is reported once a second. */
function seconds(ms: number): string {
  return duration(Math.round(ms / 1_000) * 1_000)
}
