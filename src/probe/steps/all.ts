import { duration } from '../../words.ts'
import { isUneven } from '../numbers.ts'
import { withMaxAge } from '../refine.ts'
import type { ProbeReport } from '../report.ts'
import type { Session } from '../session.ts'
import { ageRequests, measureAge } from './age.ts'
import { tryAlpn } from './alpn.ts'
import { behaviorRequests, tryHalfClose, tryHttp10, tryPipelining } from './behavior.ts'
import { measureCap } from './cap.ts'
import { idleRequests, measureIdle } from './idle.ts'
import { pingRestarts, restartRequests, tryPing } from './ping.ts'
import { race, raceRequests } from './race.ts'
import { timingRequests } from './timings.ts'

/** Requests of the steps after the search for the cap. */
const lastRequests = (http2: boolean): number =>
  idleRequests + raceRequests + ageRequests + (http2 ? restartRequests : 0)

/** Requests that all steps but the search for the cap send at most: over HTTP/1.1, which has more of them. */
export const otherRequests: number = timingRequests + behaviorRequests + lastRequests(false)

/** One part of the report. */
interface Step {
  /** What the step measures, in a few words. */
  readonly what: string
  /** The share of the whole progress at which the step begins, and ends. */
  readonly from: number
  readonly to: number
  /** Whether the step makes sense with what is known so far. */
  readonly applies: (report: ProbeReport, session: Session) => boolean
  /** What a long wait is for, and how long it is; `undefined` for a short wait. */
  readonly ahead?: (report: ProbeReport, session: Session) => string | undefined
  /** @param onWait - called during a long wait with the time waited and the expected time, in ms. */
  readonly run: (
    session: Session,
    report: ProbeReport,
    onWait: (waited: number, expected: number) => void,
  ) => Promise<Partial<ProbeReport>>
}

/** A wait of this length is announced, in ms. */
const long = 5_000

const isHttp1 = (_: ProbeReport, { options }: Session): boolean => !options.http2
const reuses = ({ reuse }: ProbeReport): boolean => reuse === true

/** The steps after the first one, in this order: the long waits are last. */
export const steps: readonly Step[] = [
  {
    what: 'ALPN',
    from: 0.02,
    to: 0.03,
    applies: (_, { options }) => options.target.tls && !options.http2,
    run: async (session) => ({ alpn: await tryAlpn(session) }),
  },
  {
    what: 'HTTP/1.0',
    from: 0.03,
    to: 0.04,
    applies: isHttp1,
    run: async (session) => ({ http10KeepAlive: await tryHttp10(session) }),
  },
  {
    what: 'a client that ends its half',
    from: 0.04,
    to: 0.05,
    applies: isHttp1,
    run: async (session) => ({ halfClose: await tryHalfClose(session) }),
  },
  {
    what: 'pipelined requests',
    from: 0.05,
    to: 0.06,
    applies: (report, session) => reuses(report) && isHttp1(report, session),
    run: async (session) => ({ pipelining: await tryPipelining(session) }),
  },
  {
    what: 'PING',
    from: 0.02,
    to: 0.06,
    applies: (_, { options }) => options.http2,
    run: tryPing,
  },
  {
    what: 'the cap on requests',
    from: 0.06,
    to: 0.1,
    applies: reuses,
    run: async (session) => ({
      maxRequests: await measureCap(session, session.left - lastRequests(session.options.http2)),
    }),
  },
  {
    what: 'the idle timeout',
    from: 0.1,
    to: 0.6,
    applies: reuses,
    ahead: ({ advertised }, { options: { maxWait } }) => {
      const timeout = advertised?.timeout ?? null
      if (Math.min(maxWait, timeout ?? maxWait) < long) return undefined
      const said = timeout === null ? '' : ` (Keep-Alive says ${duration(timeout)})`
      return `waiting up to ${duration(maxWait)} until the server closes idle connections${said}`
    },
    run: async (session, { advertised }, onWait) => ({
      idleTimeout: await measureIdle(session, advertised?.timeout ?? null, (waited) =>
        onWait(waited, session.options.maxWait),
      ),
    }),
  },
  {
    what: 'requests just before the idle timeout',
    from: 0.6,
    to: 1,
    applies: ({ idleTimeout }) => idleTimeout !== null && idleTimeout.ms !== null,
    ahead: ({ idleTimeout }) =>
      idleTimeout!.ms! < long
        ? undefined
        : `waiting ${duration(idleTimeout!.ms!)} once more, to send requests just before the idle timeout`,
    run: async (session, report, onWait) => {
      const idle = report.idleTimeout!
      const timeout = idle.ms!
      // Two timers have two moments to race for.
      const crossed = isUneven(idle) ? null : race(session, timeout, (waited) => onWait(waited, timeout))
      const pinged = report.ping?.answered ? pingRestarts(session, idle) : null
      const [result, maxAge, restartsIdleTimeout] = await Promise.all([
        crossed,
        measureAge(session, idle),
        pinged,
      ])
      const ping = report.ping && { ...report.ping, restartsIdleTimeout }
      return { race: result, ping, ...withMaxAge(report, maxAge) }
    },
  },
]
