import type { KeepAlive } from '../keep-alive.ts'
import type { Environment } from './environment.ts'

/** Calls back for each server of the process. */
export type Watch = (found: (server: object) => void) => void

/** `keepalive-kit/register`. It reads its options from the environment when they are needed. */
export interface Preload {
  readonly watch: Watch
  /** Called when the kit has its first server. */
  started(kit: KeepAlive, environment: Environment): void
  /** Whether the environment has been read. */
  isRead: boolean
}

const key = Symbol.for('keepalive-kit.preload')
const shared = globalThis as { readonly [key]?: Preload }

/** Registers the preload. Returns false if there is one already, possibly of another copy of this package. */
export function notePreload(preload: Preload): boolean {
  if (shared[key]) return false
  Object.defineProperty(shared, key, { value: preload })
  return true
}

export function notedPreload(): Preload | undefined {
  return shared[key]
}
