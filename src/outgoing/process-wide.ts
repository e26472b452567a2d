import { type Outgoing, trackOutgoing } from './track.ts'

const key = Symbol.for('keepalive-kit.outgoing')
const shared = globalThis as { readonly [key]?: Outgoing }

/** Starts the process-wide tracker: one for all copies of this package that the process has loaded. */
export function startOutgoing(): Outgoing {
  const outgoing = shared[key] ?? trackOutgoing({ sites: 5 })
  if (!shared[key]) Object.defineProperty(shared, key, { value: outgoing })
  return outgoing
}

/**
 * The tracker that `keepalive-kit/register` has started, with `KEEPALIVE_KIT_OUTGOING=true`.
 *
 * @returns `undefined` where there is none.
 */
export function registeredOutgoing(): Outgoing | undefined {
  return shared[key]
}
