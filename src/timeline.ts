import { cut, duration, printable } from './words.ts'

/** What happened on a connection, as told by its timeline. */
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
  | 'upgraded'
  | 'closed'

/**
 * One event in the life of a connection.
 *
 * - `accepted`, `connected`: TCP is established, as seen by the server, by the client.
 * - `secured`: the TLS handshake is done.
 * - `first-byte`: the first byte of a side arrived.
 * - `request`, `response`: that one is whole; a request whose response is under way counts by its head.
 * - `goaway`: a side of an HTTP/2 session takes, or sends, no further requests.
 * - `fin`, `reset`: a side ended its half of the connection, or broke it off.
 * - `late-bytes`: bytes that arrived after the receiver's own FIN.
 * - `upgraded`: another protocol has taken over.
 * - `closed`: both halves are ended.
 */
export interface TimelineEvent {
  /** ms since the connection began. */
  readonly at: number
  readonly event: TimelineEventName
  /** The id of the HTTP/2 stream that a request or response is on. */
  readonly stream?: number
  /** Whose doing it was, where either side can do it. */
  readonly by?: 'client' | 'server'
  /** A few words more, such as a request line. May come from the network: it is escaped and cut when it is printed. */
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
  upgraded: 'upgraded',
  closed: 'closed',
}

/** What is either side's doing, and how the side is put. */
const sides: Partial<Readonly<Record<TimelineEventName, 'from the' | 'by the'>>> = {
  'first-byte': 'from the',
  goaway: 'from the',
  fin: 'from the',
  reset: 'from the',
  'late-bytes': 'from the',
  closed: 'by the',
}

const longestDetail = 120

/** Shorter pauses are the time that the programs take. */
const shortestIdle = 1

/**
 * A connection's life in lines, as a person would read it out of a packet capture. Idle intervals, reuse, and how long
 * each response took, are made out of the events' times.
 *
 * @param events - of one connection, in the order of their times.
 * @param requestsBefore - how many requests came before the first of the events, where the beginning is left out.
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
      if (at - idleSince >= shortestIdle) entries.push(['', `idle ${duration(Math.round(at - idleSince))}`])
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
    } else if (name === 'goaway' || name === 'fin' || name === 'reset' || name === 'upgraded' || name === 'closed') {
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
  const what = `${words[event]}${told} ${printable(cut(detail ?? '', longestDetail))}`
  return what.trimEnd().replace(/:$/, '')
}
