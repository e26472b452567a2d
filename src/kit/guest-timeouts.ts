import { Server } from 'node:http'
import { speaksHttp1 } from '../node/server-kind.ts'
import { type Timeouts, timeoutsBy } from '../node/server-timeouts.ts'
import { type Policy, requestTimeoutFor } from '../policy/policy.ts'

type Checked = 'keepAliveTimeout' | 'keepAliveTimeoutBuffer' | 'headersTimeout'

/** What a kit that the app does not know of asks about the app's own timeouts. */
export interface GuestRules {
  /**
   * Whether the value that the app has given a timeout may stay.
   *
   * @returns why it may not: reads on from the timeout's name.
   */
  objection(name: Checked, value: unknown): string | undefined
}

/** What a guest sets on a server, and what it says of the app's timeouts that it replaces. */
export interface GuestTimeouts {
  readonly wanted: Readonly<Partial<Timeouts>>
  readonly replaced: readonly string[]
}

let untouched: Server | undefined

/** The app's own timeouts stay where they fit the policy's proxies; the policy sets the rest. */
export function guestTimeouts(server: Server, policy: Policy, rules: GuestRules): GuestTimeouts {
  if (!speaksHttp1(server)) return { wanted: {}, replaced: [] }
  untouched ??= new Server()
  const live = server as unknown as Timeouts
  const byNode = untouched as unknown as Timeouts
  const wanted = timeoutsBy(policy, server) as Timeouts
  const asked = { ...wanted }
  // Node derives headersTimeout from a shorter requestTimeout.
  const derived = Math.min(byNode.headersTimeout, live.requestTimeout)
  const isOwn = (name: keyof Timeouts): boolean =>
    // On Node 20 and 22 the HTTP/1.1 side of an HTTP/2 server has no keepAliveTimeout.
    name in wanted &&
    live[name] !== undefined &&
    live[name] !== byNode[name] &&
    !(name === 'headersTimeout' && live[name] === derived)
  const replaced: string[] = []
  const replace = (name: keyof Timeouts, why: string): void => {
    if (live[name] !== asked[name])
      replaced.push(
        `set ${name} to ${String(live[name])}, which ${why}: the kit has set it to ${wanted[name]}`,
      )
  }
  for (const name of ['keepAliveTimeout', 'keepAliveTimeoutBuffer', 'headersTimeout'] as const) {
    if (!isOwn(name)) continue
    const why = rules.objection(name, live[name])
    if (why === undefined) wanted[name] = live[name]
    else replace(name, why)
  }
  const { requestTimeout } = live
  // Where the headers have a limit of their own anyway, the app's limit of the whole request is one for them.
  const limits = isOwn('requestTimeout') && requestTimeout > 0 && requestTimeout < wanted.headersTimeout
  if (limits && !isOwn('headersTimeout') && rules.objection('headersTimeout', requestTimeout) === undefined)
    wanted.headersTimeout = requestTimeout
  wanted.requestTimeout = requestTimeoutFor(wanted, requestTimeout)
  if (limits && wanted.requestTimeout !== requestTimeout)
    replaced.push(
      `set requestTimeout to ${requestTimeout}, which must not be below headersTimeout (${wanted.headersTimeout}): the kit has set it to ${wanted.requestTimeout}`,
    )
  return { wanted, replaced }
}
