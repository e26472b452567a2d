import type { HalfClose, ProbeReport } from '../report.ts'
import type { Session } from '../session.ts'

const pipelined = 3

/** Requests that all of these send at most. */
export const behaviorRequests: number = 2 + pipelined + 1

/** How long a server may stay silent to a client that has ended its half, in ms. */
const silence = 3_000

/** Whether an HTTP/1.0 client that asks for it can reuse its connection. */
export async function tryHttp10(session: Session): Promise<boolean> {
  const connection = await session.openHttp1('HTTP/1.0')
  connection.send(1, { version: '1.0' })
  const { answer } = await connection.outcome()
  if (!answer || !saysKeepAlive(answer.response.headers) || !answer.response.keepsAlive) return false
  connection.send(1, { version: '1.0' })
  return (await connection.outcome()).answer !== undefined
}

/** An HTTP/1.0 client may reuse only what the response keeps alive in so many words, whatever version that has. */
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

/** A server that takes longer than that has noticed the FIN before it answers, in ms. */
const noticed = 50

/** What a client gets whose FIN follows its request. */
export async function tryHalfClose(session: Session): Promise<HalfClose> {
  const connection = await session.openHttp1('half-closed')
  const sent = session.options.clock.now()
  connection.send(1, { end: true })
  const outcome = await connection.outcomeWithin(Math.min(silence, session.patience))
  if (!outcome) return 'silence'
  if (outcome.answer) {
    // One round trip belongs to the network.
    return outcome.answer.at - sent - connection.connectTime > noticed ? 'answered' : 'at-once'
  }
  return outcome.ending.how === 'reset' ? 'reset' : 'fin'
}
