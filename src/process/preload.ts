import type { KeepAlive } from '../keep-alive.ts'
import type { Environment } from './environment.ts'

/** Calls back for each server of the process. */
export type Watch = (found: (server: object) => void) => void

/** `keepalive-kit/register`: takes its options from the environment, when they are needed. */
export interface Preload {
  readonly watch: Watch
  /** The kit has its first server. */
  started(kit: KeepAlive, environment: Environment): void
  /** The environment has been read. */
  isRead: boolean
}

const key = Symbol.for('keepalive-kit.preload')
const shared = globalThis as { readonly [key]?: Preload }

/** Takes note of the preload; false where there is one already, maybe of another copy of this package. */
export function notePreload(preload: Preload): boolean {
  if (shared[key]) return false
  Object.defineProperty(shared, key, { value: preload })
  return true
}

export function notedPreload(): Preload | undefined {
  return shared[key]
}
