import { Interrupted, ProbeFailure } from '../failure.ts'
import { errorOf, isUneven, median, rounded } from '../numbers.ts'
import type { ProbeConnection } from '../probe-connection.ts'
import type { IdleTimeout } from '../report.ts'
import type { Session } from '../session.ts'
import { closeAfterGoaway } from './cap.ts'

/** With two backends of equal shares, six connections miss one backend in 3% of all runs; three connections in 25%. */
const connections = 6

/** Requests that {@link measureIdle} sends. */
export const idleRequests: number = connections

/** Called with the time that the probe has waited, in ms. */
export type OnWait = (waited: number) => void

/** How long to wait for the others after the first connection has closed: as long again, and a second. */
const othersFactor = 2
const othersExtra = 1_000

const tick = 250

/** An idle connection. */
export interface Idle {
  readonly connection: ProbeConnection
  /** When its response was complete. */
  readonly since: number
}

/**
 * Waits on idle connections, several at once, until the server closes them.
 *
 * @param advertised - the timeout that the header promises, in ms.
 */
export async function measureIdle(
  session: Session,
  advertised: number | null,
  onWait: OnWait,
): Promise<IdleTimeout> {
  const { clock, maxWait, signal } = session.options
  const waiting = await Promise.all(
    Array.from({ length: connections }, (_, i) => rest(session, `idle connection ${i + 1}`)),
  )
  const start = Math.max(...waiting.map(({ since }) => since))
  let until = start + maxWait
  // If interrupted, the step reports what it has seen so far.
  while (!signal.aborted) {
    const open = waiting.filter(({ connection }) => !connection.ending)
    const closed = waiting.length - open.length
    if (closed > 0) until = Math.min(until, start + othersFactor * gaps(waiting)[0]! + othersExtra)
    const now = clock.now()
    if (open.length === 0 || now >= until) break
    onWait(now - start)
    await Promise.race(open.map(({ connection }) => connection.end(Math.min(tick, until - now)))).catch(
      ignoreInterrupt,
    )
  }
  const waited = clock.now() - start
  await awaitCloses(waiting)
  return result(waiting, waited, advertised)
}

/** How a connection is closed tells what comes after its GOAWAY. */
async function awaitCloses(waiting: readonly Idle[]): Promise<void> {
  const goingAway = waiting.filter(({ connection }) => connection.ending?.how === 'goaway')
  await Promise.all(goingAway.map(({ connection }) => connection.closed(closeAfterGoaway))).catch(
    ignoreInterrupt,
  )
}

function ignoreInterrupt(error: unknown): void {
  if (!(error instanceof Interrupted)) throw error
}

/** Opens a connection and sends the one request after which it is idle. */
export async function rest(session: Session, title: string): Promise<Idle> {
  const connection = await session.open(title)
  const asked = await connection.ask()
  if (!asked?.answer.response.keepsAlive) {
    throw new ProbeFailure('the server closes a connection after its first response, although it kept others')
  }
  return { connection, since: asked.answer.at }
}

/** The idle time of each closed connection, shortest first. */
function gaps(waiting: readonly Idle[]): number[] {
  return waiting
    .flatMap(({ connection: { ending }, since }) => (ending ? [Math.max(0, ending.at - since)] : []))
    .sort((a, b) => a - b)
}

function result(waiting: readonly Idle[], waited: number, advertised: number | null): IdleTimeout {
  const samples = gaps(waiting)
  const open = waiting.length - samples.length
  // An open connection counts as longer than all others.
  const endless = Array.from({ length: open }, () => Number.POSITIVE_INFINITY)
  const middle = median([...samples, ...endless])!
  const ms = Number.isFinite(middle) ? rounded(middle) : null
  const first = waiting.find(({ connection }) => connection.ending)?.connection
  const how = first?.ending?.how ?? null
  return {
    ms,
    atLeast: rounded((isUneven({ samples, open }) ? samples[0] : ms) ?? waited),
    closedBy: ms === null ? null : 'server',
    how: ms === null ? null : how,
    goaway: (ms === null ? null : first?.goaway) ?? null,
    samples: samples.map(rounded),
    open,
    header:
      samples.length > 0 && ms === null
        ? compareShortest(samples[0]!, advertised)
        : compare(isUneven({ samples, open }) ? samples[0]! : ms, waited, advertised),
  }
}

/** Node and others keep connections a second longer than they advertise, with timers of 100 ms to 1 s. */
const slackAfter = 1_500

/** If most connections stay open, only a broken promise is visible. */
function compareShortest(shortest: number, advertised: number | null): IdleTimeout['header'] {
  return advertised !== null && shortest < advertised - errorOf(advertised) ? 'earlier' : null
}

function compare(ms: number | null, waited: number, advertised: number | null): IdleTimeout['header'] {
  if (advertised === null) return null
  const error = errorOf(advertised)
  const latest = advertised + slackAfter + error
  if (ms === null) return waited > latest ? 'later' : null
  if (ms < advertised - error) return 'earlier'
  return ms > latest ? 'later' : 'kept'
}
