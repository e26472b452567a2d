import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { Connection } from '../connection/connection.ts'
import type { Live } from '../connection/live.ts'
import type { ResolvedDrainOptions } from '../policy/drain-options.ts'
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

/** What a drain works on. */
export interface Drainable {
  readonly clock: Clock
  readonly minIdle: number
  readonly waiting: { readonly first: Connection | undefined; readonly size: number }
  readonly live: Live<Connection>
  snapshot(): Snapshot
  /** Closes the listening sockets, and from now on every response says close. */
  stopAccepting(): void
  /** Connections that are open, also those without a record. */
  countOpen(): Promise<number>
  /** Lets Node close the idle ones among those that were open before the kit was attached. */
  closeUnclear(): void
  /** Destroys whatever is open. */
  destroyAll(): void
}

/** A loop turn in which next to nothing can have entered the accept queue, and how long is waited for one, in ms. */
const shortTurn = 0.1
const longestWait = 500

/** Between two looks at what is left to do, in ms. */
const tick = 10

/** Finishes every connection without losing a request. */
export async function drain(on: Drainable, options: ResolvedDrainOptions): Promise<DrainReport> {
  const { timeout, spread, readiness, wait } = options
  const { clock } = on
  const begun = clock.now()
  const before = on.snapshot()
  await within(timeout, readiness())
  await sleep(Math.min(wait, timeout - (clock.now() - begun)))
  await acceptAll(clock)
  on.stopAccepting()
  const idle = new IdleDrain(on, spread)
  let open = await on.countOpen()
  while (open > 0 && clock.now() - begun < timeout) {
    idle.close()
    if (onlyUnclear(on)) on.closeUnclear()
    await sleep(tick)
    open = await on.countOpen()
  }
  const forced = countStates(on.live, open)
  const closedIdle = idle.closed
  if (open > 0) on.destroyAll()
  const after = on.snapshot()
  return {
    answered: after.requests.answered - before.requests.answered,
    closedIdle,
    late: after.requests.late - before.requests.late,
    forced,
    released: after.connections.released - before.connections.released,
    duration: Math.round(clock.now() - begun),
  }
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

/** A promise, but no longer than that many ms. */
async function within(ms: number, promise: unknown): Promise<void> {
  const over = new AbortController()
  try {
    await Promise.race([promise, sleep(ms, undefined, { signal: over.signal })])
  } finally {
    over.abort()
  }
}

/** Closes the waiting connections at an even pace: all of them by the end of `spread`, none before `minIdle`. */
class IdleDrain {
  readonly #on: Drainable
  readonly #spread: number
  readonly #begun: number
  readonly #most: number
  readonly #asked = new Set<Connection>()

  constructor(on: Drainable, spread: number) {
    this.#on = on
    this.#spread = spread
    this.#begun = on.clock.now()
    this.#most = on.waiting.size
  }

  /** Those it closed; a request that came at the last look got its answer instead. */
  get closed(): number {
    let closed = 0
    for (const { marks } of this.#asked)
      if (marks.decided === 'drain' && marks.verdict === undefined) closed++
    return closed
  }

  close(): void {
    const { clock, minIdle, waiting } = this.#on
    const elapsed = clock.now() - this.#begun
    const due = elapsed >= this.#spread ? Number.POSITIVE_INFINITY : (this.#most * elapsed) / this.#spread
    for (let record = waiting.first; record && this.#asked.size < due; record = waiting.first) {
      if (record.waitedFor() < minIdle) return
      this.#asked.add(record)
      record.keeper.closeWaiting(record, 'drain')
    }
  }
}

/** Nothing is left that the kit could finish itself, but for connections whose past it does not know. */
function onlyUnclear({ live, waiting }: Drainable): boolean {
  if (waiting.size > 0) return false
  for (const { unclear, state } of live) if (!unclear && state !== 'upgraded') return false
  return true
}

function countStates(live: Live<Connection>, open: number): DrainReport['forced'] {
  const forced = { new: 0, active: 0, idle: 0, closing: 0, upgraded: 0, unknown: 0 }
  for (const { state, unclear } of live) if (state !== 'closed') forced[unclear ? 'unknown' : state]++
  forced.unknown += Math.max(0, open - live.size)
  return forced
}
