import type { Server } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { KeepAliveError, type KeepAliveErrorCode } from '../errors.ts'
import { guestKeepAlive, type KeepAlive } from '../keep-alive.ts'
import { Warner } from '../kit/warn.ts'
import type { KeepAliveOptions } from '../policy/options.ts'
import { resolvePolicy } from '../policy/policy.ts'
import { type SayOption, secondsMeant } from '../policy/seconds-meant.ts'
import { drainAtSignals } from './drain.ts'
import { readEnvironment, variableOf, withVariable } from './environment.ts'
import { type ResolvedAttachAll, resolveAttachAll } from './options.ts'
import { notedPreload, type Watch } from './preload.ts'
import { say } from './say.ts'
import { watchServers } from './servers.ts'

/** The process-wide kit. All copies of this package in the process share it. */
interface ProcessKit extends ResolvedAttachAll {
  readonly kit: KeepAlive
  readonly isPreloaded: boolean
}

/** A shorter drain, in ms, was probably meant in seconds. */
const minDrain = 200

const key = Symbol.for('keepalive-kit.process')
const shared = globalThis as { readonly [key]?: ProcessKit }

/**
 * Creates the process-wide kit of the preload from the current environment: process managers and `.env` files set variables
 * after the preload has run.
 *
 * @returns `undefined` if there is no preload, if it is off, or if its options are wrong. Wrong options are printed once.
 */
export function attachPreloaded(): ProcessKit | undefined {
  const preload = notedPreload()
  if (!preload || preload.isRead) return shared[key]
  preload.isRead = true
  try {
    const environment = readEnvironment(process.env)
    if (!environment) return undefined
    const { options, how } = environment
    return makeProcessKit(options, how, preload.watch, (kit) => preload.started(kit, environment))
  } catch (error) {
    say(withVariable(error))
    return undefined
  }
}

/**
 * Creates the process-wide kit, or returns the existing one.
 *
 * @throws KeepAliveError for wrong options, and for options that differ from those of the existing kit. If the preload
 * created that kit, the error is only printed.
 */
export function attachProcess(options: KeepAliveOptions | undefined, how: unknown): KeepAlive {
  const existing = shared[key] ?? attachPreloaded()
  if (!existing) return makeProcessKit(options, how, watchServers).kit
  if (!isSame(existing, options, how)) {
    // Adding the preload to an app must not make the app fail.
    if (!existing.isPreloaded) throw attachedAll(options)
    say(attachedAll(options))
  }
  return existing.kit
}

function makeProcessKit(
  options: KeepAliveOptions | undefined,
  how: unknown,
  watch: Watch,
  started?: (kit: KeepAlive) => void,
): ProcessKit {
  const resolved = resolveAttachAll(how)
  const kit = guestKeepAlive(options, started && sayVariable)
  const made: ProcessKit = { kit, isPreloaded: started !== undefined, ...resolved }
  Object.defineProperty(shared, key, { value: made })
  warn(made)
  const signals = resolved.drain > 0 ? drainAtSignals(kit, resolved.drain) : undefined
  let isStarted = false
  watch((server) => {
    // An error in a channel's subscriber would end the process.
    try {
      if (!isWanted(server, resolved.ports) || !attach(kit, server)) return
      signals?.attached()
      if (!isStarted) started?.(kit)
      isStarted = true
    } catch (error) {
      say(error)
    }
  })
  return made
}

function warn({ kit, drain, isPreloaded }: ProcessKit): void {
  if (process.versions.bun)
    say(
      'Bun does not publish servers on diagnostics_channel, so the kit is attached to none: use keepAlive() in the app',
    )
  const messages = isPreloaded
    ? sayVariable('drain', drain, minDrain)
    : secondsMeant('attachAll().drain', drain, minDrain)
  for (const message of messages) new Warner(kit.policy.silence).warn('KEEPALIVE_SECONDS_MEANT', message)
}

/** The warning names the variable that has the value. A part of an option has no variable of its own. */
const sayVariable: SayOption = (option, value, bound) => {
  if (option.includes('.')) return secondsMeant(option, value, bound)
  const variable = variableOf(option)
  return secondsMeant(variable, value, bound, `${variable}=${value}s`)
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

const ignored: readonly KeepAliveErrorCode[] = [
  'ERR_KEEPALIVE_NOT_A_SERVER', // of node:net or node:tls
  'ERR_KEEPALIVE_ALREADY_ATTACHED', // the app's own kit
]

function attach(kit: KeepAlive, server: object): boolean {
  try {
    kit.attach(server as Server)
    return true
  } catch (error) {
    if (ignored.includes((error as KeepAliveError).code)) return false
    throw error
  }
}

export function attachedAll(options: unknown): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_ATTACHED_ALL', {
    subject: 'attachAll()',
    rule: 'takes the options of the process-wide kit, or none',
    value: options,
    remedy:
      'Set the options in one place: in the first call of attachAll(), or, with keepalive-kit/register, in KEEPALIVE_KIT_… variables',
  })
}
