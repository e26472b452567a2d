import { duration } from '../words.ts'
import { Interrupted, ProbeFailure } from './failure.ts'
import { type ProbeFinding, type ProbeReport, type ProbeTimeline, reportVersion } from './report.ts'
import { Session } from './session.ts'
import { tryAlpn } from './steps/alpn.ts'
import { measureCap } from './steps/cap.ts'
import { idleRequests, measureIdle } from './steps/idle.ts'
import { mannerRequests, tryHalfClose, tryHttp10, tryPipelining } from './steps/manners.ts'
import { race, raceRequests } from './steps/race.ts'
import { measureTimings, timingRequests } from './steps/timings.ts'
import type { SessionOptions } from './wire.ts'

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

/** One part of the report. */
interface Step<Field extends keyof Draft = keyof Draft> {
  readonly field: Field
  /** What it measures, in a few words. */
  readonly what: string
  /** The shares of the whole progress at which it begins and ends. */
  readonly from: number
  readonly to: number
  /** Whether it makes sense after what is known. */
  readonly applies: (report: ProbeReport, session: Session) => boolean
  /** @param onWait - to be told how far a long wait is: how much of what time, in ms. */
  readonly run: (
    session: Session,
    report: ProbeReport,
    onWait: (waited: number, expected: number) => void,
  ) => Promise<Draft[Field]>
}

const always = (): boolean => true
const reuses = ({ reuse }: ProbeReport): boolean => reuse === true

const step = <Field extends keyof Draft>(row: Step<Field>): Step => row as unknown as Step

/** After the first look, in this order: the long waits are the last. */
const steps: readonly Step[] = [
  step({
    field: 'alpn',
    what: 'ALPN',
    from: 0.02,
    to: 0.03,
    applies: (_, { options }) => options.target.tls,
    run: tryAlpn,
  }),
  step({ field: 'http10KeepAlive', what: 'HTTP/1.0', from: 0.03, to: 0.04, applies: always, run: tryHttp10 }),
  step({
    field: 'halfClose',
    what: 'a client that ends its half',
    from: 0.04,
    to: 0.05,
    applies: always,
    run: tryHalfClose,
  }),
  step({
    field: 'pipelining',
    what: 'pipelined requests',
    from: 0.05,
    to: 0.06,
    applies: reuses,
    run: tryPipelining,
  }),
  step({
    field: 'maxRequests',
    what: 'the cap on requests',
    from: 0.06,
    to: 0.1,
    applies: reuses,
    run: (session) => measureCap(session, session.left - idleRequests - raceRequests),
  }),
  step({
    field: 'idleTimeout',
    what: 'the idle timeout',
    from: 0.1,
    to: 0.6,
    applies: reuses,
    run: (session, { advertised }, onWait) =>
      measureIdle(session, advertised?.timeout ?? null, (waited) => onWait(waited, session.options.maxWait)),
  }),
  step({
    field: 'race',
    what: 'requests just before the idle timeout',
    from: 0.6,
    to: 1,
    applies: ({ idleTimeout }) => idleTimeout !== null && idleTimeout.ms !== null,
    run: (session, { idleTimeout }, onWait) => {
      const timeout = idleTimeout!.ms!
      return race(session, timeout, (waited) => onWait(waited, timeout))
    },
  }),
]

/**
 * Measures a server's keep-alive behaviour from outside, one step after the other. A step that fails leaves its part
 * of the report `null`, and a finding; told to stop, the probe reports what it knows.
 *
 * @throws ProbeFailure if the first look fails: then nothing is known.
 */
export async function probe(options: ProbeOptions): Promise<Probed> {
  const { maxWait, onProgress = () => {} } = options
  const session = new Session(options)
  const report = emptyReport(options)
  const failures: ProbeFinding[] = []
  let interrupted = false
  try {
    onProgress(0, 'handshakes and first requests')
    Object.assign(report, await session.step(maxWait, () => measureTimings(session)))
    for (const { field, what, from, to, applies, run } of steps) {
      session.checkInterrupted()
      if (!applies(report, session)) continue
      onProgress(from, what)
      const onWait = (waited: number, expected: number): void =>
        onProgress(
          from + (to - from) * Math.min(1, waited / expected),
          `${what}: waited ${seconds(waited)} of at most ${seconds(expected)}`,
        )
      try {
        // Once the idle timeout is known it is waited for again, beside all else that a step may take.
        const allowance = maxWait + (report.idleTimeout?.ms ?? 0)
        Object.assign(report, { [field]: await session.step(allowance, () => run(session, report, onWait)) })
      } catch (error) {
        if (!(error instanceof ProbeFailure)) throw error
        failures.push({ code: 'step-failed', severity: 'warning', message: `${what}: ${error.message}` })
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

function emptyReport({ target }: ProbeOptions): Draft {
  return {
    version: reportVersion,
    url: target.url,
    address: target.where,
    complete: false,
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
}

/** In whole seconds, as it is told once a second. */
function seconds(ms: number): string {
  return duration(Math.round(ms / 1_000) * 1_000)
}
