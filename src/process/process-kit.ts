import type { Server } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { KeepAliveError, type KeepAliveErrorCode } from '../errors.ts'
import { guestKeepAlive, type KeepAlive } from '../keep-alive.ts'
import type { KeepAliveOptions } from '../policy/options.ts'
import { resolvePolicy } from '../policy/policy.ts'
import { drainAtSignals } from './drain.ts'
import { type ResolvedAttachAll, resolveAttachAll } from './options.ts'
import { say } from './say.ts'
import { watchServers } from './servers.ts'

/** The process-wide kit, the same for every copy of this package that the process has loaded. */
interface ProcessKit extends ResolvedAttachAll {
  readonly kit: KeepAlive
}

const key = Symbol.for('keepalive-kit.process')
const shared = globalThis as { readonly [key]?: ProcessKit }

/** What a preload adds. */
export interface Preload {
  /** Servers of the kit's own, which are no servers of the app. */
  readonly own: WeakSet<object>
  /** The kit has its first server. */
  started(kit: KeepAlive): void
}

/**
 * Makes the process-wide kit; gives the one that there is.
 *
 * @throws KeepAliveError for wrong options, and for others than those of the kit that there is.
 */
export function attachProcess(
  options: KeepAliveOptions | undefined,
  how: unknown,
  preload?: Preload,
): KeepAlive {
  const existing = shared[key]
  if (existing) {
    if (!isSame(existing, options, how)) throw attachedAll(options)
    return existing.kit
  }
  const resolved = resolveAttachAll(how)
  const kit = guestKeepAlive(options)
  const value: ProcessKit = { kit, ...resolved }
  Object.defineProperty(shared, key, { value, configurable: true })
  if (process.versions.bun)
    say(
      'Bun does not tell of servers by diagnostics_channel, so none is attached: use keepAlive() in the app',
    )
  const signals = resolved.drain > 0 ? drainAtSignals(kit, resolved.drain) : undefined
  let isStarted = false
  watchServers((server) => {
    // What a subscriber of a channel throws ends the process.
    try {
      if (preload?.own.has(server) || !isWanted(server, resolved.ports) || !attach(kit, server)) return
      signals?.attached()
      if (!isStarted) preload?.started(kit)
      isStarted = true
    } catch (error) {
      say(error)
    }
  })
  return kit
}

function isSame(existing: ProcessKit, options: KeepAliveOptions | undefined, how: unknown): boolean {
  const { kit, ports, drain } = existing
  if (options !== undefined && !isDeepStrictEqual({ ...resolvePolicy(options) }, { ...kit.policy }))
    return false
  return how === undefined || isDeepStrictEqual(resolveAttachAll(how), { ports, drain })
}

function isWanted(server: object, ports: readonly number[]): boolean {
  const { listening } = server as Partial<Server>
  if (ports.length === 0 || !listening) return listening === true
  const address = (server as Server).address()
  return typeof address === 'object' && address !== null && ports.includes(address.port)
}

const passedOver: readonly KeepAliveErrorCode[] = [
  'ERR_KEEPALIVE_NOT_A_SERVER', // of node:net or node:tls
  'ERR_KEEPALIVE_ALREADY_ATTACHED', // the app's own kit
]

function attach(kit: KeepAlive, server: object): boolean {
  try {
    kit.attach(server as Server)
    return true
  } catch (error) {
    if (passedOver.includes((error as KeepAliveError).code)) return false
    throw error
  }
}

export function attachedAll(options: unknown): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_ATTACHED_ALL', {
    subject: 'attachAll()',
    rule: 'takes the options of the process-wide kit, or none',
    value: options,
    remedy:
      'Set the options in one place: in the first call of attachAll(), or by KEEPALIVE_KIT_… where keepalive-kit/register is preloaded',
  })
}
