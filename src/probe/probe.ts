import { Interrupted, ProbeFailure } from './failure.ts'
import { type ProbeFinding, type ProbeReport, type ProbeTimeline, reportVersion } from './report.ts'
import { Session, type SessionOptions } from './session.ts'
import { tryAlpn } from './steps/alpn.ts'
import { measureCap } from './steps/cap.ts'
import { idleRequests, measureIdle } from './steps/idle.ts'
import { mannerRequests, tryHalfClose, tryHttp10, tryPipelining } from './steps/manners.ts'
import { race, raceRequests } from './steps/race.ts'
import { measureTimings, timingRequests } from './steps/timings.ts'

export interface ProbeOptions extends SessionOptions {
  /**
   * @param done - share of the expected time, from 0 to 1.
   * @param waitingFor - what comes next, in a few words.
   */
  readonly onProgress?: (done: number, waitingFor: string) => void
}

export interface Probed {
  /** Without the findings that need more than the figures: those are judge()'s. */
  readonly report: ProbeReport
  readonly timelines: readonly ProbeTimeline[]
  readonly interrupted: boolean
}

/** Requests that all steps but the search for the cap send at most. */
export const otherRequests: number = timingRequests + mannerRequests + idleRequests + raceRequests

type Draft = { -readonly [Field in keyof ProbeReport]: ProbeReport[Field] }

/** Shares of the progress at which the long waits begin. */
const idleFrom = 0.1
const raceFrom = 0.6

/**
 * Measures a server's keep-alive behaviour from outside, one step after the other. A step that fails leaves its part
 * of the report `null`, and a finding; told to stop, the probe reports what it knows.
 *
 * @throws ProbeFailure if the first look fails: then nothing is known.
 */
export async function probe(options: ProbeOptions): Promise<Probed> {
  const { target, maxWait } = options
  const onProgress = options.onProgress ?? (() => {})
  const session = new Session(options)
  const report: Draft = {
    version: reportVersion,
    url: target.url,
    address: target.where,
    complete: true,
    requests: 0,
    status: null,
    reuse: null,
    advertised: null,
    timings: null,
    maxRequests: null,
    http10KeepAlive: null,
    pipelining: null,
    halfClose: null,
    alpn: null,
    idleTimeout: null,
    race: null,
    findings: [],
  }
  const failures: ProbeFinding[] = []

  async function attempt<Field extends keyof Draft>(
    field: Field,
    what: string,
    run: () => Promise<Draft[Field]>,
  ): Promise<void> {
    session.checkInterrupted()
    try {
      report[field] = await session.step(maxWait, run)
    } catch (error) {
      if (!(error instanceof ProbeFailure)) throw error
      report.complete = false
      failures.push({ code: 'step-failed', severity: 'warning', message: `${what}: ${error.message}` })
    }
  }

  let interrupted = false
  try {
    onProgress(0, 'handshakes and first requests')
    Object.assign(report, await session.step(maxWait, () => measureTimings(session)))
    if (target.tls) {
      onProgress(0.02, 'ALPN')
      await attempt('alpn', 'ALPN', () => tryAlpn(session))
    }
    onProgress(0.03, 'HTTP/1.0')
    await attempt('http10KeepAlive', 'HTTP/1.0', () => tryHttp10(session))
    onProgress(0.04, 'a client that ends its half')
    await attempt('halfClose', 'half-close', () => tryHalfClose(session))
    if (report.reuse) {
      onProgress(0.05, 'pipelined requests')
      await attempt('pipelining', 'pipelining', () => tryPipelining(session))
      onProgress(0.06, 'requests without a pause, for the cap')
      const most = session.left - idleRequests - raceRequests
      await attempt('maxRequests', 'the cap on requests', () => measureCap(session, most))
      await attempt('idleTimeout', 'the idle timeout', () => {
        const advertised = report.advertised?.timeout ?? null
        const expected = advertised === null ? maxWait : Math.min(maxWait, advertised + 1_000)
        return measureIdle(session, advertised, (waited) =>
          onProgress(
            idleFrom + (raceFrom - idleFrom) * Math.min(1, waited / expected),
            `the server to close idle connections: ${seconds(waited)} of at most ${seconds(maxWait)}`,
          ),
        )
      })
      const timeout = report.idleTimeout?.ms
      if (timeout != null) {
        await attempt('race', 'requests just before the idle timeout', () =>
          race(session, timeout, (waited) =>
            onProgress(
              raceFrom + (1 - raceFrom) * Math.min(1, waited / timeout),
              `the moment before the idle timeout: ${seconds(waited)} of ${seconds(timeout)}`,
            ),
          ),
        )
      }
    }
    session.checkInterrupted()
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    interrupted = true
    report.complete = false
  }
  report.requests = session.sent
  report.findings = failures
  return { report, timelines: session.timelines, interrupted }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`
}
