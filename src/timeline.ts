import { cut, duration, printable } from './words.ts'

/** What happened on a connection, as its timeline names it. */
export type TimelineEventName =
  | 'accepted'
  | 'connected'
  | 'secured'
  | 'first-byte'
  | 'request'
  | 'response'
  | 'fin'
  | 'reset'
  | 'late-bytes'
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
 * - `upgraded`: another protocol took over.
 * - `closed`: both halves are closed.
 */
export interface TimelineEvent {
  /** ms since the connection began. */
  readonly at: number
  readonly event: TimelineEventName
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
  fin: 'FIN',
  reset: 'RST',
  'late-bytes': 'late bytes',
  upgraded: 'upgraded',
  closed: 'closed',
}

/** Events of either side, and the words before the side. */
const sides: Partial<Readonly<Record<TimelineEventName, 'from the' | 'by the'>>> = {
  'first-byte': 'from the',
  fin: 'from the',
  reset: 'from the',
  'late-bytes': 'from the',
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
  const unanswered: number[] = []
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
      unanswered.push(at)
      made = ++requests > 1 ? ' (reused)' : ''
    } else if (name === 'response') {
      const asked = unanswered.shift()
      made = asked === undefined ? '' : ` (after ${duration(Math.round(at - asked))})`
      if (unanswered.length === 0 && !ended) idleSince = at
    } else if (name === 'fin' || name === 'reset' || name === 'upgraded' || name === 'closed') {
      ended = true
    }
    entries.push([`${(at / 1_000).toFixed(3)} s`, describe(event) + made])
  }
  const width = Math.max(0, ...entries.map(([at]) => at.length))
  return entries.map(([at, what]) => `${at.padStart(width)}  ${what}`)
}

function describe({ event, by, detail }: TimelineEvent): string {
  const side = sides[event]
  const told = side && by ? ` ${side} ${by}:` : ''
  const what = `${words[event]}${told} ${printable(cut(detail ?? '', maxDetail))}`
  return what.trimEnd().replace(/:$/, '')
}
