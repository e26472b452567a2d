import type { HalfClose, ProbeReport } from '../report.ts'
import type { Session } from '../session.ts'

const pipelined = 3

/** Requests that all of these steps send at most. */
export const behaviorRequests: number = 2 + pipelined + 1

/** How long to wait for an answer after the client has ended its half, in ms. */
const silence = 3_000

/** Whether an HTTP/1.0 client that asks for keep-alive can reuse its connection. */
export async function tryHttp10(session: Session): Promise<boolean> {
  const connection = await session.openHttp1('HTTP/1.0')
  connection.send(1, { version: '1.0' })
  const { answer } = await connection.outcome()
  if (!answer || !saysKeepAlive(answer.response.headers) || !answer.response.keepsAlive) return false
  connection.send(1, { version: '1.0' })
  return (await connection.outcome()).answer !== undefined
}

/** An HTTP/1.0 client may reuse a connection only if the response says keep-alive, whatever its version. */
function saysKeepAlive(headers: ReadonlyMap<string, string>): boolean {
  return /(?:^|,)\s*keep-alive\s*(?:,|$)/i.test(headers.get('connection') ?? '')
}

/** Requests sent at once, and how many are answered. */
export async function tryPipelining(session: Session): Promise<NonNullable<ProbeReport['pipelining']>> {
  const connection = await session.openHttp1('pipelining')
  connection.send(pipelined)
  let answered = 0
  while (answered < pipelined && (await connection.outcome()).answer) answered++
  return { sent: pipelined, answered }
}

/** A server that takes longer than this has noticed the FIN before it answers, in ms. */
const noticed = 50

/** What a client gets if its FIN follows its request. */
export async function tryHalfClose(session: Session): Promise<HalfClose> {
  const connection = await session.openHttp1('half-closed')
  const sent = session.options.clock.now()
  connection.send(1, { end: true })
  const outcome = await connection.outcomeWithin(Math.min(silence, session.patience))
  if (!outcome) return 'silence'
  if (outcome.answer) {
    // The network takes one round trip.
    return outcome.answer.at - sent - connection.connectTime > noticed ? 'answered' : 'at-once'
  }
  return outcome.ending.how === 'reset' ? 'reset' : 'fin'
}
