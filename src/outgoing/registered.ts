import type { Outgoing } from './track.ts'

const key = Symbol.for('keepalive-kit.outgoing')
const shared = globalThis as { readonly [key]?: Outgoing }

/** Makes a tracker the one of the process, for all copies of this package that the process has loaded. */
export function setRegistered(outgoing: Outgoing): void {
  Object.defineProperty(shared, key, { value: outgoing })
}

/**
 * The tracker that `keepalive-kit/register` has started, with `KEEPALIVE_KIT_OUTGOING=true`.
 *
 * @returns `undefined` if there is none.
 */
export function registeredOutgoing(): Outgoing | undefined {
  return shared[key]
}
