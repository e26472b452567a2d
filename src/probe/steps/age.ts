import { errorOf, median, rounded } from '../numbers.ts'
import type { IdleTimeout } from '../report.ts'
import type { Session } from '../session.ts'
import { type Idle, rest } from './idle.ts'

/** Both must agree: one alone may have reached another backend. */
const connections = 2

/** Requests that {@link measureAge} sends at most. */
export const ageRequests: number = 2 * connections

type Samples = Pick<IdleTimeout, 'samples' | 'open'>

/** When to use a connection once more, and until when a timer that did not restart closes it; in ms of idle time. */
interface HalfWay {
  readonly use: number
  readonly latest: number
}

/** `undefined` where the measured times differ too much. */
export function halfWay({ samples, open }: Samples): HalfWay | undefined {
  const shortest = samples[0] ?? 0
  const longest = samples.at(-1) ?? 0
  const error = errorOf(longest)
  // A timer that restarts half way fires after one and a half timeouts at the earliest.
  if (open > 0 || longest + error > 1.4 * shortest) return undefined
  // Enough for a busy machine that notices the close late, and not so long that it costs much.
  return { use: shortest / 2, latest: Math.min(longest + 3 * error, 1.4 * shortest) }
}

/**
 * Uses connections once more, half way to the timeout. A request restarts an idle timer. A server that closes these
 * connections as early as idle ones closes by age.
 *
 * @returns the age in ms; `null` where the timer restarts, or the measured times differ too much.
 */
export async function measureAge(session: Session, idleTimeout: Samples): Promise<number | null> {
  const times = halfWay(idleTimeout)
  if (!times) return null
  const idle = await Promise.all(
    Array.from({ length: connections }, (_, i) => rest(session, `used half way ${i + 1}`)),
  )
  const ages = await Promise.all(idle.map((each) => ageOf(session, each, times)))
  return ages.every((age) => age !== null) ? rounded(median(ages)!) : null
}

async function ageOf(
  { options: { clock } }: Session,
  { connection, since }: Idle,
  { use, latest }: HalfWay,
): Promise<number | null> {
  if (await connection.end(since + use - clock.now())) return null
  const asked = await connection.ask()
  if (!asked?.answer.response.keepsAlive) return null
  const ending = await connection.end(since + latest - clock.now())
  return ending ? ending.at - connection.openedAt : null
}
