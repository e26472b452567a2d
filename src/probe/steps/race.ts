import type { ProbeConnection } from '../probe-connection.ts'
import type { Race, RaceOutcome } from '../report.ts'
import type { Session } from '../session.ts'
import { type Idle, type OnWait, rest } from './idle.ts'

/** How long before the measured timeout a request is sent, in ms: one connection each. */
const before = [200, 50, 20, 5, 0] as const

/** Requests that {@link race} sends at most. */
export const raceRequests: number = 2 * before.length

const tick = 250

/** Nothing is lost, or any client may send it again. */
const harmless: ReadonlySet<RaceOutcome> = new Set(['answered', 'refused', 'early'])

/**
 * Sends requests just before the idle timeout, as a pool does that does not know the timeout.
 *
 * @param timeout - as measured, in ms.
 */
export async function race(session: Session, timeout: number, onWait: OnWait): Promise<Race> {
  const started = session.options.clock.now()
  const ready: { ahead: number; idle: Idle }[] = []
  for (const ahead of before.filter((ms) => ms <= timeout / 2)) {
    ready.push({ ahead, idle: await rest(session, `request ${ahead} ms before the timeout`) })
  }
  const report = setInterval(() => onWait(session.options.clock.now() - started), tick)
  const done = await Promise.all(
    ready.map(async ({ ahead, idle }) => ({
      before: ahead,
      outcome: await cross(session, idle.connection, idle.since + timeout - ahead),
    })),
  ).finally(() => clearInterval(report))
  return {
    tries: done,
    answered: done.filter(({ outcome }) => outcome === 'answered').length,
    lost: done.filter(({ outcome }) => !harmless.has(outcome)).length,
  }
}

async function cross(session: Session, connection: ProbeConnection, at: number): Promise<RaceOutcome> {
  if (await connection.end(at - session.options.clock.now())) return 'early'
  connection.send()
  const { answer, ending, refused } = await connection.outcome()
  if (answer) return answer.response.status === 408 ? '408' : 'answered'
  if (refused) return 'refused'
  return ending.how === 'close-notify' ? 'fin' : ending.how
}
