import type { MaxRequests } from '../report.ts'
import type { Session } from '../session.ts'

/** How long a server may take to close after a response that said so, in ms. */
const closeSoon = 1_000

/**
 * Requests on one connection, one after the other, until the server closes it.
 *
 * @param most - requests to send at most.
 */
export async function measureCap(session: Session, most: number): Promise<MaxRequests> {
  const { clock, maxWait } = session.options
  const connection = await session.open('requests without a pause')
  const deadline = clock.now() + maxWait / 2
  for (let tried = 1; ; tried++) {
    connection.send()
    const { answer } = await connection.outcome()
    // What was sent into the close is not answered.
    if (!answer) return { cap: tried - 1, tried, saidClose: false, closed: true }
    if (!answer.response.keepsAlive) {
      const closed = (await connection.end(closeSoon)) !== undefined
      return { cap: tried, tried, saidClose: true, closed }
    }
    if (connection.ending) return { cap: tried, tried, saidClose: false, closed: true }
    if (tried === most || clock.now() >= deadline) return { cap: null, tried, saidClose: null, closed: null }
  }
}
