import { rounded } from '../numbers.ts'
import type { IdleTimeout, ProbeReport } from '../report.ts'
import type { Session } from '../session.ts'
import { halfWay } from './age.ts'

/** Requests that {@link pingRestarts} sends at most. */
export const restartRequests = 1

/** How long an answer to a PING may take, in ms. */
const patience = 3_000

/** What a PING on a session without a stream is answered with, and what the server says of streams. */
export async function tryPing(session: Session): Promise<Pick<ProbeReport, 'ping' | 'maxConcurrentStreams'>> {
  const connection = await session.openHttp2('PING')
  await connection.ask()
  const ms = await connection.ping(Math.min(patience, session.patience))
  const ping = { answered: ms !== null, ms: ms === null ? null : rounded(ms), restartsIdleTimeout: null }
  return {
    // A server that closes instead says nothing of PINGs.
    ping: ms === null && connection.ending ? null : ping,
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
  idleTimeout: Pick<IdleTimeout, 'samples' | 'open'>,
): Promise<boolean | null> {
  const times = halfWay(idleTimeout)
  if (!times) return null
  const connection = await session.openHttp2('PING half way')
  const asked = await connection.ask()
  if (!asked) return null
  const since = asked.answer.at
  const { clock } = session.options
  if (await connection.end(since + times.use - clock.now())) return null
  if ((await connection.ping(Math.min(patience, times.use / 2))) === null) return null
  return (await connection.end(since + times.latest - clock.now())) === undefined
}
