import type { Server } from 'node:http'
import { type Policy, requestTimeoutFor } from '../policy/policy.ts'
import { speaksHttp1 } from './server-kind.ts'

/** The server's properties that the policy sets. The buffer is a property since Node 22.19 and 24.6. */
export type Timeouts = Record<
  'keepAliveTimeout' | 'keepAliveTimeoutBuffer' | 'headersTimeout' | 'requestTimeout',
  number
>

/** The timeouts of a server, set by a policy. */
export interface TimeoutsSet {
  /** What was set, by property. */
  readonly values: Readonly<Partial<Timeouts>>
  /** Puts back what was there, save what somebody else has changed meanwhile. */
  restore(): void
}

/** What the policy asks of a server's timeouts. */
export function timeoutsBy(policy: Policy, server: Server): Partial<Timeouts> {
  if (!speaksHttp1(server)) return {}
  const wanted: Partial<Timeouts> = {
    keepAliveTimeout: policy.keepAliveTimeout,
    headersTimeout: policy.headersTimeout,
    requestTimeout: requestTimeoutFor(policy, server.requestTimeout),
  }
  if ('keepAliveTimeoutBuffer' in server) wanted.keepAliveTimeoutBuffer = policy.keepAliveTimeoutBuffer
  return wanted
}

/** Sets a server's timeouts. */
export function setTimeouts(server: Server, wanted: Readonly<Partial<Timeouts>>): TimeoutsSet {
  const live = server as unknown as Timeouts
  const names = Object.keys(wanted) as (keyof Timeouts)[]
  // On Node 20 and 22 the HTTP/1.1 side of an HTTP/2 server has no keepAliveTimeout.
  const found = names.map((name) => (name in live ? live[name] : undefined))
  for (const name of names) live[name] = wanted[name] as number
  return {
    values: wanted,
    restore() {
      names.forEach((name, i) => {
        if (live[name] !== wanted[name]) return
        if (found[i] === undefined) delete (live as Partial<Timeouts>)[name]
        else live[name] = found[i]
      })
    },
  }
}

/** What the server waits beyond the advertised timeout where it has no property for that, in ms. */
const builtInBuffer = 1_000

/** What Node itself would keep an idle connection for, in ms; not a number where that is for ever. */
export function nodeIdleWait(server: Server, { keepAliveTimeout, keepAliveTimeoutBuffer }: Policy): number {
  if (keepAliveTimeout === 0) return Number.NaN
  return keepAliveTimeout + ('keepAliveTimeoutBuffer' in server ? keepAliveTimeoutBuffer : builtInBuffer)
}
