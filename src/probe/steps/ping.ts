import { errorOf, rounded } from '../numbers.ts'
import type { IdleTimeout, Ping } from '../report.ts'
import type { Session } from '../session.ts'

/** Requests that {@link pingRestarts} sends at most. */
export const restartRequests = 1

/** How long an answer to a PING may take, in ms. */
const patience = 3_000

/** What a PING on a session without a stream is answered with, and what the server says of streams. */
export async function tryPing(
  session: Session,
): Promise<{ readonly ping: Ping; readonly maxConcurrentStreams: number | null }> {
  const connection = await session.openHttp2('PING')
  await connection.ask()
  const ms = await connection.ping(Math.min(patience, session.patience))
  return {
    ping: { answered: ms !== null, ms: ms === null ? null : rounded(ms), restartsIdleTimeout: null },
    maxConcurrentStreams: connection.maxConcurrentStreams,
  }
}

/**
 * Sends a PING half way to the idle timeout.
 *
 * @returns whether the session then outlasts the timeout; `null` where the measured times differ too much to tell.
 */
export async function pingRestarts(
  session: Session,
  { samples, open }: Pick<IdleTimeout, 'samples' | 'open'>,
): Promise<boolean | null> {
  const [shortest = 0, longest = 0] = [samples[0], samples.at(-1)]
  const error = errorOf(longest)
  if (open > 0 || longest + 3 * error > 1.4 * shortest) return null
  const connection = await session.openHttp2('PING half way')
  const asked = await connection.ask()
  if (!asked) return null
  const since = asked.answer.at
  const { clock } = session.options
  if (await connection.end(since + shortest / 2 - clock.now())) return null
  if ((await connection.ping(Math.min(patience, shortest / 4))) === null) return null
  return (await connection.end(since + 1.4 * shortest - clock.now())) === undefined
}
