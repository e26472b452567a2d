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
import { secondsMeantInDrain, secondsMeantInPolicy } from './policy/seconds-meant.ts'
import { closedSink } from './reporters/closed-line.ts'
import type { Snapshot } from './stats/snapshot.ts'
import type { TimelineEvent } from './timeline.ts'
import { foreignCall } from './wiring/framework-call.ts'
import { handedKeepAlive } from './wiring/misuse.ts'
import { answerUncalled, WrongCalls } from './wiring/wrong-call.ts'

/** A server that a kit attaches to. */
export type AnyServer = Server | TlsServer | Http2Server | Http2SecureServer

/**
 * A kit: one policy and one ledger, for one server or several. It is itself middleware for Express and connect;
 * mounted, it attaches to the server at the first request.
 */
export interface KeepAlive {
  /** Middleware: attaches to the request's server if nothing has yet, then calls `next`. */
  (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void
  /** The resolved options, frozen. */
  readonly policy: Policy
  /**
   * Attaches to a server, before or after it listens: sets its timeouts and follows its connections. A second call
   * with the same server does nothing.
   *
   * @throws KeepAliveError `ERR_KEEPALIVE_NOT_A_SERVER`, `ERR_KEEPALIVE_ALREADY_ATTACHED` (by another kit).
   */
  attach(server: AnyServer): KeepAlive
  /**
   * Leaves a server, or all of them, as found: timeouts get their old values back unless the app has changed them since.
   * Its open connections are followed no longer, and the middleware, if mounted, does nothing until `attach()`.
   */
  detach(server?: AnyServer): void
  /**
   * Finishes every connection without losing a request: stops accepting, answers what is under way with
   * `Connection: close`, and so the next request of a connection that was used within the last 2 s; closes the other idle
   * ones so that a request that has arrived is still answered, and destroys what is left at the end of `timeout`. A
   * further call gets the first one's report.
   *
   * @throws KeepAliveError `ERR_KEEPALIVE_NOT_ATTACHED`, `ERR_KEEPALIVE_OPTION_TYPE`, `ERR_KEEPALIVE_OPTION_RANGE`,
   * `ERR_KEEPALIVE_UNKNOWN_OPTION`.
   */
  drain(options?: DrainOptions): Promise<DrainReport>
  /** The ledger as plain JSON. */
  snapshot(): Snapshot
  /**
   * The doctor's findings: how the servers are configured as they really are, and what the traffic so far shows; the
   * gravest first. Looks when called and at no other time. The kit also reports each warning and error once, by
   * `process.emitWarning` and on the channel `keepalive-kit:warning`; findings of severity `info` it does not. The codes in
   * `silence` are left out.
   */
  diagnose(): Finding[]
  /** The live connections. */
  connections(): ConnectionInfo[]
  /**
   * The life of a connection, by its `id`: its last 64 events at most, without the queries of request targets. Kept for
   * the 192 open connections that were opened last and, 256 in all, for those that closed last; `undefined` for any other.
   */
  timeline(id: number): TimelineEvent[] | undefined
}

/**
 * Makes a kit.
 *
 * @throws KeepAliveError for an unknown option, a wrong type, a value out of range.
 * @example
 * app.use(keepAlive({ behind: 'aws-alb' })) // Express, connect
 * keepAlive({ behind: 'nginx' }).attach(server) // node:http, node:https
 */
export function keepAlive(options?: KeepAliveOptions): KeepAlive
// The other arguments are those of a framework that calls keepAlive in the app's place.
export function keepAlive(options?: KeepAliveOptions, ...others: unknown[]): unknown {
  const uncalled = answerUncalled(handed, [options, ...others])
  if (uncalled) return uncalled.result
  return make(options)
}

/**
 * Makes a kit for servers whose app does not know of it: it keeps the app's timeouts where they fit, gives way to a kit of
 * the app's own, and the app does not notice that its drain has closed a server.
 *
 * @throws KeepAliveError as `keepAlive()` does.
 */
export function guestKeepAlive(options: KeepAliveOptions = {}): KeepAlive {
  return make(options, {
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
  })
}

function make(options: KeepAliveOptions | undefined, guest?: GuestRules): KeepAlive {
  const policy = resolvePolicy(options)
  warnOfSeconds(policy, secondsMeantInPolicy(policy))
  const onClosed = closedSink(policy.log)
  return expose(
    new Kit(policy, { clock: systemClock, random: Math.random, onClosed, ...(guest && { guest }) }),
  )
}

const handed = handedKeepAlive('keepalive-kit')

/** Tells of each option, as each is another mistake: a warner tells of a code once. */
function warnOfSeconds({ silence }: Policy, messages: readonly string[]): void {
  for (const message of messages) new Warner(silence).warn('KEEPALIVE_SECONDS_MEANT', message)
}

const kits = new WeakMap<KeepAlive, Kit>()

/** What is behind a kit's public face; `undefined` for anything else. */
export function kitBehind(face: unknown): Kit | undefined {
  return kits.get(face as KeepAlive)
}

/** The public face of a kit. */
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
      // A further call gets the first one's report, whatever its options.
      if (!hasDrained) warnOfSeconds(kit.policy, secondsMeantInDrain(resolveDrainOptions(options)))
      hasDrained = true
      return kit.drain(options)
    },
    snapshot: (): Snapshot => kit.snapshot(),
    diagnose: (): Finding[] => kit.diagnose(),
    connections: (): ConnectionInfo[] => kit.connections(),
    timeline: (id: number): TimelineEvent[] | undefined => kit.timeline(id),
  })
  kits.set(face, kit)
  return face
}
