import { Server } from 'node:http'
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { ConnectionRecord } from '../connection/record.ts'
import { closeListening } from '../node/internals.ts'
import type { ResolvedDrainOptions } from '../policy/drain-options.ts'
import type { Policy } from '../policy/policy.ts'
import type { Pool } from '../pool/pool.ts'
import type { State } from '../reasons.ts'
import type { Snapshot } from '../stats/snapshot.ts'

/** How a drain went. */
export interface DrainReport {
  /** Responses that were sent whole since the call. */
  readonly answered: number
  /** Connections that were waiting for a request when they were closed. */
  readonly closedIdle: number
  /** Requests that arrived after our FIN. */
  readonly late: number
  /**
   * Connections destroyed at the end of `timeout`, by the state they were in: `new` (a head that did not arrive in
   * full, or never begun), `active` (a response under way), `idle`, `closing` (a peer that did not close its side),
   * `upgraded`; `unknown` are those opened before the kit was attached that have sent it no request.
   */
  readonly forced: Readonly<Record<Exclude<State, 'closed'> | 'unknown', number>>
  /** Connections that `detach()` left to Node meanwhile. */
  readonly released: number
  /** From the call to the last connection's close, in ms. */
  readonly duration: number
}

/** What a drain works on: a kit. */
export interface Drained {
  readonly clock: Clock
  readonly policy: Pick<Policy, 'minIdle'>
  readonly pool: Pool<ConnectionRecord>
  snapshot(): Snapshot
  /** Closes the listening sockets, and from now on every response says close. */
  stopAccepting(): void
  /** Connections that are open, also those without a record. */
  countOpen(): Promise<number>
  /** Lets Node close the idle ones among those that were open before the kit was attached. */
  closeUnclear(): void
  /** Destroys whatever is open, but for what `leavesUpgraded` leaves. */
  destroyAll(): void
  /** Upgraded connections are the app's: the drain neither waits for them nor destroys them. */
  readonly leavesUpgraded: boolean
}

/**
 * A connection that was used so short a time ago, in ms, is likely to be used again soon: its next request gets an
 * answer that says close, and nothing can cross our FIN. One that has rested for longer is closed as it is.
 */
const recentlyUsed = 2_000

/** A loop turn in which next to nothing can have entered the accept queue, and how long is waited for one, in ms. */
const shortTurn = 0.1
const longestWait = 500

/** Between two looks at what is left to do, in ms. */
const tick = 10

/** Finishes every connection without losing a request. */
export async function drain(kit: Drained, options: ResolvedDrainOptions): Promise<DrainReport> {
  const { timeout, spread, readiness, wait } = options
  const { clock } = kit
  const begun = clock.now()
  const before = kit.snapshot()
  // A readiness that never settles leaves half of the time to finish what is under way.
  await within((timeout - wait) / 2, readiness())
  if (wait > 0) await sleep(wait)
  rehearseClose()
  await acceptAll(clock)
  kit.stopAccepting()
  const idle = new IdleDrain(kit, spread, timeout - (clock.now() - begun))
  let open = await countToDo(kit)
  while (open > 0 && clock.now() - begun < timeout) {
    idle.close()
    if (onlyUnclear(kit)) kit.closeUnclear()
    await sleep(tick)
    open = await countToDo(kit)
  }
  const forced = countStates(kit, open)
  const closedIdle = idle.closed
  if (open > 0) kit.destroyAll()
  const after = kit.snapshot()
  return {
    answered: after.requests.answered - before.requests.answered,
    closedIdle,
    late: after.requests.late - before.requests.late,
    forced,
    released: after.connections.released - before.connections.released,
    duration: Math.round(clock.now() - begun),
  }
}

async function countToDo(kit: Drained): Promise<number> {
  const open = await kit.countOpen()
  if (!kit.leavesUpgraded) return open
  let upgraded = 0
  for (const { state, socket } of kit.pool.open) if (state === 'upgraded' && !socket.destroyed) upgraded++
  return Math.max(0, open - upgraded)
}

/**
 * Waits for the end of a short loop turn, right after its poll: what stands in the accept queue when the listening
 * socket closes, the system resets, with the request that a proxy may have sent already.
 */
async function acceptAll(clock: Clock): Promise<void> {
  const end = clock.now() + longestWait
  let now: number
  let begun: number
  do {
    begun = clock.now()
    await immediate()
    now = clock.now()
  } while (now - begun > shortTurn && now < end)
}

/**
 * Closes a server that has never listened: V8 compiles a function at its first call, and meanwhile connections would enter the
 * accept queue. With it the listening socket closes after 0.13 to 0.18 ms, without it after 0.27 to 0.35 (Node 20 to 26).
 */
function rehearseClose(): void {
  const unused = new Server()
  closeListening(unused, () => unused.close())
}

/** A promise, but no longer than that many ms. */
async function within(ms: number, promise: unknown): Promise<void> {
  const over = new AbortController()
  try {
    await Promise.race([promise, sleep(ms, undefined, { signal: over.signal })])
  } finally {
    over.abort()
  }
}

/**
 * Closes the waiting connections at an even pace, within `spread`, but none that was used recently, and none before
 * `minIdle`.
 */
class IdleDrain {
  readonly #kit: Drained
  readonly #rest: number
  readonly #spread: number
  readonly #asked = new Set<ConnectionRecord>()
  /** When the first was closed, and how many waited then. */
  #begun: number | undefined
  #most = 0

  /** @param left - the time that is left, in ms: the rest and the spread must fit in. */
  constructor(kit: Drained, spread: number, left: number) {
    const rest = Math.min(recentlyUsed, left / 3)
    this.#kit = kit
    this.#rest = Math.max(kit.policy.minIdle, rest)
    this.#spread = Math.max(0, Math.min(spread, 0.8 * left - rest))
  }

  /** Those it closed; a request that came at the last look got its answer instead. */
  get closed(): number {
    let closed = 0
    for (const { decided, marks } of this.#asked)
      if (decided === 'drain' && marks.verdict === undefined) closed++
    return closed
  }

  close(): void {
    const { idle } = this.#kit.pool
    while (idle.first && idle.first.waitedFor() >= this.#rest && this.#asked.size < this.#due()) {
      const connection = idle.first
      idle.remove(connection)
      this.#asked.add(connection)
      connection.closeIdle('drain')
    }
  }

  /** How many may have been closed by now. */
  #due(): number {
    const now = this.#kit.clock.now()
    if (this.#begun === undefined) {
      this.#begun = now
      this.#most = this.#kit.pool.idle.size
    }
    const elapsed = now - this.#begun
    return elapsed >= this.#spread ? Number.POSITIVE_INFINITY : 1 + (this.#most * elapsed) / this.#spread
  }
}

/** Nothing is left that the kit could finish itself, but for connections whose past it does not know. */
function onlyUnclear({ pool }: Drained): boolean {
  if (pool.idle.size > 0) return false
  for (const { unclear, state } of pool.open) if (!unclear && state !== 'upgraded') return false
  return true
}

function countStates({ pool, leavesUpgraded }: Drained, open: number): DrainReport['forced'] {
  const forced = { new: 0, active: 0, idle: 0, closing: 0, upgraded: 0, unknown: 0 }
  let left = 0
  for (const { state, unclear, socket } of pool.open) {
    if (leavesUpgraded && state === 'upgraded') left++
    else if (state !== 'closed' && !socket.destroyed) forced[unclear ? 'unknown' : state]++
  }
  forced.unknown += Math.max(0, open - (pool.open.size - left))
  return forced
}
