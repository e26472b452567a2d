import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { performance } from 'node:perf_hooks'
import type { Clock } from '../clock.ts'
import { findingsOf } from '../doctor/check.ts'
import type { Finding, OutgoingFindingCode } from '../findings.ts'
import { outgoingChecks } from './findings.ts'
import { httpChannels } from './http.ts'
import { resolveOutgoing, type TrackOutgoingOptions } from './options.ts'
import { type OutgoingConnectionInfo, type OutgoingSnapshot, outgoingVersion } from './snapshot.ts'
import { Tracking } from './tracking.ts'
import { undiciChannels } from './undici.ts'

// Not the kit's own, with which the whole kit would be loaded.
const systemClock: Clock = { now: performance.now.bind(performance), wall: () => Date.now() }

/** The outgoing connections of this process, from `trackOutgoing()` on. */
export interface Outgoing {
  /** Plain JSON. */
  snapshot(): OutgoingSnapshot
  /** The connections that are open now, the oldest first: 10,000 at the most. */
  connections(): OutgoingConnectionInfo[]
  /** What is wrong, each with a code, evidence, a remedy and a page. */
  diagnose(): Finding<OutgoingFindingCode>[]
  /** Ends all subscriptions and lets go of all sockets. What was counted stays. A second call does nothing. */
  stop(): void
}

/**
 * Counts the connections that this process opens as a client: how often each origin's are reused, who closes them, and which
 * requests are lost. It only observes, by `node:diagnostics_channel`: nothing is patched.
 *
 * Connections that were open before are counted from their next request on.
 *
 * @throws KeepAliveError `ERR_KEEPALIVE_OPTION_TYPE`, `ERR_KEEPALIVE_OPTION_RANGE`, `ERR_KEEPALIVE_UNKNOWN_OPTION`.
 * @example
 * const outgoing = trackOutgoing()
 * setInterval(() => console.log(outgoing.diagnose()), 60_000).unref()
 */
export function trackOutgoing(options?: TrackOutgoingOptions): Outgoing {
  return track(options, systemClock)
}

/** With a clock of the caller's own. */
export function track(options: TrackOutgoingOptions | undefined, clock: Clock): Outgoing {
  const { origins, sites } = resolveOutgoing(options)
  const since = clock.wall()
  const tracking = new Tracking(clock, origins, sites)
  const subscriptions = Object.entries({ ...httpChannels(tracking), ...undiciChannels(tracking) })
    .filter(([name]) => sites > 0 || name !== 'undici:request:create')
    .map(([name, handle]) => [name, guarded(handle)] as const)
  for (const [name, listener] of subscriptions) subscribe(name, listener)
  const outgoing: Outgoing = {
    snapshot: () => ({
      version: outgoingVersion,
      takenAt: clock.wall(),
      since,
      processes: 1,
      ...tracking.rows.snapshot(tracking.open(), clock.now()),
    }),
    connections: () => Array.from(tracking.open(), (connection) => connection.info(clock.now())),
    diagnose: () => findingsOf(outgoingChecks, outgoing.snapshot()),
    stop() {
      for (const [name, listener] of subscriptions.splice(0)) unsubscribe(name, listener)
      tracking.release()
    },
  }
  tracking.owner = outgoing
  return outgoing
}

/** What a subscriber throws ends the app. */
function guarded(handle: (message: never) => void): (message: unknown) => void {
  return (message) => {
    try {
      handle(message as never)
    } catch {}
  }
}
