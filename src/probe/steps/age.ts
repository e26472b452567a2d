import { errorOf, median, rounded } from '../numbers.ts'
import type { IdleTimeout } from '../report.ts'
import type { Session } from '../session.ts'
import { type Idle, rest } from './idle.ts'

/** Both have to agree: one alone may have met another backend. */
const connections = 2

/** Requests that {@link measureAge} sends at most. */
export const ageRequests: number = 2 * connections

/**
 * Uses connections once more, half way to the timeout. A request restarts an idle timer. A server that closes these
 * connections as early as idle ones closes by age.
 *
 * @returns the age in ms; `null` where the timer restarts, or the measured times differ too much to tell.
 */
export async function measureAge(
  session: Session,
  { samples, open }: Pick<IdleTimeout, 'samples' | 'open'>,
): Promise<number | null> {
  const shortest = samples[0] ?? 0
  const longest = samples.at(-1) ?? 0
  const error = errorOf(longest)
  // A timer that restarts half way fires no earlier than after one and a half.
  if (open > 0 || longest + error > 1.4 * shortest) return null
  // Up to there a close is one by age, however late a busy machine tells of it: not so long that it costs much.
  const latest = Math.min(longest + 3 * error, 1.4 * shortest)
  const idle = await Promise.all(
    Array.from({ length: connections }, (_, i) => rest(session, `used half way ${i + 1}`)),
  )
  const ages = await Promise.all(idle.map((each) => ageOf(session, each, shortest / 2, latest)))
  return ages.every((age) => age !== null) ? rounded(median(ages)!) : null
}

async function ageOf(
  { options: { clock } }: Session,
  { connection, since }: Idle,
  halfWay: number,
  latest: number,
): Promise<number | null> {
  if (await connection.end(since + halfWay - clock.now())) return null
  const asked = await connection.ask()
  if (!asked?.answer.response.keepsAlive) return null
  const ending = await connection.end(since + latest - clock.now())
  return ending ? ending.at - connection.openedAt : null
}
