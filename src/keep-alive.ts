import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as TlsServer } from 'node:https'
import { systemClock } from './clock.ts'
import type { ConnectionInfo } from './connection/info.ts'
import type { KeepAliveError } from './errors.ts'
import type { Finding } from './findings.ts'
import type { DrainReport } from './kit/drain.ts'
import type { GuestRules } from './kit/guest-timeouts.ts'
import { Kit } from './kit/kit.ts'
import { Warner } from './kit/warn.ts'
import { type DrainOptions, resolveDrainOptions } from './policy/drain-options.ts'
import type { KeepAliveOptions } from './policy/options.ts'
import { type Policy, resolvePolicy } from './policy/policy.ts'
import { type SayOption, secondsMeantInDrain, secondsMeantInPolicy } from './policy/seconds-meant.ts'
import { closedSink } from './reporters/closed-line.ts'
import type { Snapshot } from './stats/snapshot.ts'
import type { TimelineEvent } from './timeline.ts'
import { foreignCall } from './wiring/framework-call.ts'
import { handedKeepAlive, notAnId } from './wiring/misuse.ts'
import { answerUncalled, WrongCalls } from './wiring/wrong-call.ts'

/** A server that a kit attaches to. */
export type AnyServer = Server | TlsServer | Http2Server | Http2SecureServer

/**
 * A kit: one policy and one ledger, for one server or several. It is also middleware for Express and connect; as middleware
 * it attaches to the server at the first request.
 */
export interface KeepAlive {
  /** Middleware: attaches to the server of the request if no kit has, then calls `next`. */
  (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void
  /** The resolved options, frozen. */
  readonly policy: Policy
  /**
   * Attaches to a server, before or after it listens: sets its timeouts and follows its connections. A second call with the
   * same server does nothing.
   *
   * @throws KeepAliveError `ERR_KEEPALIVE_NOT_A_SERVER`, `ERR_KEEPALIVE_ALREADY_ATTACHED` (by another kit).
   */
  attach(server: AnyServer): KeepAlive
  /**
   * Detaches from one server, or from all. The timeouts get their old values back, unless the app has changed them since.
   * The kit stops following open connections, and the middleware does nothing until `attach()`.
   */
  detach(server?: AnyServer): void
  /**
   * Finishes every connection without losing a request. The servers stop accepting connections. Responses in progress, and
   * the next response on each connection that was used within the last 2 s, carry `Connection: close`. The kit closes the
   * other idle connections, and still answers a request that has already arrived. At the end of `timeout` it destroys the
   * connections that are left. A further call returns the report of the first call.
   *
   * @throws KeepAliveError `ERR_KEEPALIVE_NOT_ATTACHED`, `ERR_KEEPALIVE_OPTION_TYPE`, `ERR_KEEPALIVE_OPTION_RANGE`,
   * `ERR_KEEPALIVE_UNKNOWN_OPTION`.
   */
  drain(options?: DrainOptions): Promise<DrainReport>
  /** The ledger as plain JSON. */
  snapshot(): Snapshot
  /**
   * The doctor's findings about the current configuration of the servers and about the traffic so far, the most severe
   * first. It only looks when it is called. The kit also reports each warning and error once, by `process.emitWarning` and on
   * the channel `keepalive-kit:warning`, but not findings of severity `info`. Codes in `silence` are left out.
   */
  diagnose(): Finding[]
  /** The open connections. */
  connections(): ConnectionInfo[]
  /**
   * The timeline of a connection, by its `id`: at most its last 64 events, with request targets without their query. Kept for
   * the 192 open connections that were opened last and for the connections that closed last, 256 in total; otherwise
   * `undefined`. Of connections that are opened at once the first 1,000 get a timeline, then one each millisecond.
   *
   * @throws KeepAliveError `ERR_KEEPALIVE_OPTION_TYPE` if the id is not a number.
   */
  timeline(id: number): TimelineEvent[] | undefined
}

/**
 * Creates a kit.
 *
 * @throws KeepAliveError for an unknown option, a wrong type, a value out of range.
 * @example
 * app.use(keepAlive({ behind: 'aws-alb' })) // Express, connect
 * keepAlive({ behind: 'nginx' }).attach(server) // node:http, node:https
 */
export function keepAlive(options?: KeepAliveOptions): KeepAlive
// Further arguments come from a framework that calls keepAlive because the app did not.
export function keepAlive(options?: KeepAliveOptions, ...others: unknown[]): unknown {
  const uncalled = answerUncalled(handed, [options, ...others])
  if (uncalled) return uncalled.result
  return make(options)
}

/**
 * Creates a kit for servers of an app that does not know about it. The kit keeps the app's timeouts if they fit, detaches
 * from a server that gets the app's own kit, and hides from the app that its drain has closed a server.
 *
 * @param say - makes the warning about a time that was probably meant in seconds.
 * @throws KeepAliveError as `keepAlive()` does.
 */
export function guestKeepAlive(options: KeepAliveOptions = {}, say?: SayOption): KeepAlive {
  const guest: GuestRules = {
    objection(name, value) {
      const isAsked = options[name] !== undefined && options[name] !== value
      if (isAsked || (name === 'keepAliveTimeout' && options.reduceTimeouts !== undefined))
        return `is not what the kit's options ask for`
      try {
        resolvePolicy({ ...options, [name]: value })
        return undefined
      } catch (error) {
        return (error as KeepAliveError).rule
      }
    },
  }
  return make(options, guest, say)
}

function make(options: KeepAliveOptions | undefined, guest?: GuestRules, say?: SayOption): KeepAlive {
  const policy = resolvePolicy(options)
  warnOfSeconds(policy, secondsMeantInPolicy(policy, say))
  const onClosed = closedSink(policy.log)
  return expose(
    new Kit(policy, { clock: systemClock, random: Math.random, onClosed, ...(guest && { guest }) }),
  )
}

const handed = handedKeepAlive('keepalive-kit')

/** One warner for each message, because a warner reports each code only once. */
function warnOfSeconds({ silence }: Policy, messages: readonly string[]): void {
  for (const message of messages) new Warner(silence).warn('KEEPALIVE_SECONDS_MEANT', message)
}

const kits = new WeakMap<KeepAlive, Kit>()

/** The kit behind its public object; `undefined` for any other value. */
export function kitBehind(face: unknown): Kit | undefined {
  return kits.get(face as KeepAlive)
}

/** The public object of a kit. */
function expose(kit: Kit): KeepAlive {
  const wrongCalls = new WrongCalls(handed, kit.policy.silence)
  let hasDrained = false
  function keepAliveMiddleware(
    req: IncomingMessage,
    res: ServerResponse,
    next?: (error?: unknown) => void,
  ): unknown {
    // Koa's second argument is next.
    if (typeof res !== 'function' && kit.requestSeen(req, res)) {
      next?.()
      return undefined
    }
    const call = foreignCall([req, res, next])
    if (call) {
      const { request } = call
      const work = (): unknown => {
        kit.requestSeen(request!.req, request!.res)
        return call.pass()
      }
      return wrongCalls.answer(call, request && work)
    }
    next?.()
    return undefined
  }
  const face: KeepAlive = Object.assign(keepAliveMiddleware, {
    policy: kit.policy,
    attach(server: AnyServer): KeepAlive {
      kit.attach(server as Server)
      return face
    },
    detach: (server?: AnyServer): void => kit.detach(server as Server | undefined),
    async drain(options?: DrainOptions): Promise<DrainReport> {
      // A further call returns the report of the first call and ignores its own options.
      if (!hasDrained) warnOfSeconds(kit.policy, secondsMeantInDrain(resolveDrainOptions(options)))
      hasDrained = true
      return kit.drain(options)
    },
    snapshot: (): Snapshot => kit.snapshot(),
    diagnose: (): Finding[] => kit.diagnose(),
    connections: (): ConnectionInfo[] => kit.connections(),
    timeline(id: number): TimelineEvent[] | undefined {
      if (typeof id !== 'number') throw notAnId(id)
      return kit.timeline(id)
    },
  })
  kits.set(face, kit)
  return face
}
