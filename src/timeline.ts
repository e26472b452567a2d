import { cut, duration, printable } from './words.ts'

/** What happened on a connection, as its timeline names it. */
export type TimelineEventName =
  | 'accepted'
  | 'connected'
  | 'secured'
  | 'first-byte'
  | 'request'
  | 'response'
  | 'goaway'
  | 'fin'
  | 'reset'
  | 'late-bytes'
  | 'ping'
  | 'upgraded'
  | 'closed'

/**
 * One event in the life of a connection.
 *
 * - `accepted`, `connected`: TCP is established, as seen by the server or by the client.
 * - `secured`: the TLS handshake is done.
 * - `first-byte`: the first byte from a side arrived.
 * - `request`, `response`: it is complete. A request whose response has begun counts from its head.
 * - `fin`, `reset`: a side closed its half of the connection, or aborted it.
 * - `late-bytes`: bytes that arrived after the receiver's own FIN.
 * - `goaway`: a side announced the end of an HTTP/2 session and takes no more requests.
 * - `ping`: a side sent an HTTP/2 PING or answered one.
 * - `upgraded`: another protocol took over.
 * - `closed`: both halves are closed.
 */
export interface TimelineEvent {
  /** ms since the connection began. */
  readonly at: number
  readonly event: TimelineEventName
  /** The id of the HTTP/2 stream of a request or response. */
  readonly stream?: number
  /** Which side did it, if either side can. */
  readonly by?: 'client' | 'server'
  /** Details such as a request line. May come from the network: escape and cut it before you print it. */
  readonly detail?: string
}

const words: Readonly<Record<TimelineEventName, string>> = {
  accepted: 'accepted',
  connected: 'connected',
  secured: 'TLS',
  'first-byte': 'first byte',
  request: 'request',
  response: 'response',
  goaway: 'GOAWAY',
  fin: 'FIN',
  reset: 'RST',
  'late-bytes': 'late bytes',
  ping: 'PING',
  upgraded: 'upgraded',
  closed: 'closed',
}

/** Events of either side, and the words before the side. */
const sides: Partial<Readonly<Record<TimelineEventName, 'from the' | 'by the'>>> = {
  'first-byte': 'from the',
  goaway: 'from the',
  fin: 'from the',
  reset: 'from the',
  'late-bytes': 'from the',
  ping: 'from the',
  closed: 'by the',
}

const maxDetail = 120

/** Shorter pauses, in ms, are processing time of the programs. */
const minIdle = 1

/**
 * The life of a connection as lines of text, like a packet capture. The times of the events give the idle intervals, the
 * reuse, and the duration of each response.
 *
 * @param events - of one connection, in the order of their times.
 * @param requestsBefore - number of requests before the first of the events, if earlier events are missing.
 */
export function timelineLines(events: readonly TimelineEvent[], requestsBefore = 0): string[] {
  const entries: [at: string, what: string][] = []
  const unanswered: TimelineEvent[] = []
  let requests = requestsBefore
  let idleSince: number | undefined
  let ended = false
  for (const event of events) {
    const { at, event: name } = event
    if (idleSince !== undefined && name !== 'response') {
      if (at - idleSince >= minIdle) entries.push(['', `idle ${duration(Math.round(at - idleSince))}`])
      idleSince = undefined
    }
    let made = ''
    if (name === 'request') {
      unanswered.push(event)
      made = ++requests > 1 ? ' (reused)' : ''
    } else if (name === 'response') {
      // On HTTP/1 the first that is unanswered.
      const asked = unanswered.findIndex(({ stream }) => stream === event.stream)
      const [request] = asked < 0 ? [] : unanswered.splice(asked, 1)
      made = request === undefined ? '' : ` (after ${duration(Math.round(at - request.at))})`
      if (unanswered.length === 0 && !ended) idleSince = at
    } else if (
      name === 'goaway' ||
      name === 'fin' ||
      name === 'reset' ||
      name === 'upgraded' ||
      name === 'closed'
    ) {
      ended = true
    }
    entries.push([`${(at / 1_000).toFixed(3)} s`, describe(event) + made])
  }
  const width = Math.max(0, ...entries.map(([at]) => at.length))
  return entries.map(([at, what]) => `${at.padStart(width)}  ${what}`)
}

function describe({ event, by, detail, stream }: TimelineEvent): string {
  const side = sides[event]
  const on = stream === undefined ? '' : ` #${stream}`
  const told = side && by ? ` ${side} ${by}:` : on
  const what = `${words[event]}${told} ${printable(cut(detail ?? '', maxDetail))}`
  return what.trimEnd().replace(/:$/, '')
}
