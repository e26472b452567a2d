import { keepAliveParameter } from '../keep-alive-header.ts'
import { rounded } from '../numbers.ts'
import type { MaxRequests } from '../report.ts'
import type { Session } from '../session.ts'

/** How long a server may take to close after a response that said so, in ms. */
const closeSoon = 1_000

/** The same after a GOAWAY: Go's server waits for a second. */
export const closeAfterGoaway = 2_000

/**
 * Requests on one connection, one after the other, until the server closes it.
 *
 * @param most - requests to send at most.
 */
export async function measureCap(session: Session, most: number): Promise<MaxRequests> {
  const { clock, maxWait, http2 } = session.options
  const connection = await session.open('requests without a pause')
  const deadline = clock.now() + maxWait / 2
  let advertised: number | null = null
  for (let tried = 1; ; tried++) {
    connection.send()
    const { answer, refused = false } = await connection.outcome()
    if (tried === 1 && answer) advertised = keepAliveParameter(answer.response, 'max')
    const result = (more: Pick<MaxRequests, 'cap' | 'saidClose' | 'closed' | 'stoppedBy'>): MaxRequests => ({
      tried,
      advertised,
      lasted: rounded((connection.ending?.at ?? clock.now()) - connection.openedAt),
      goaway: connection.goaway,
      ...more,
    })
    const ended = async (cap: number, saidClose: boolean): Promise<MaxRequests> => {
      const closed = await connection.closed(http2 ? closeAfterGoaway : closeSoon)
      return result({ cap, saidClose, closed, stoppedBy: null })
    }
    // The server does not answer requests that met the close.
    if (!answer) return ended(tried - 1, refused)
    if (!answer.response.keepsAlive) return ended(tried, connection.goaway !== null || !http2)
    if (connection.ending) return ended(tried, false)
    const stoppedBy = tried === most ? 'requests' : clock.now() >= deadline ? 'time' : null
    if (stoppedBy) return result({ cap: null, saidClose: null, closed: null, stoppedBy })
  }
}
