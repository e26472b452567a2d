import { count, duration, number, percent } from '../../words.ts'
import type { ClientLine, ClientSort, ClientsAnswer } from '../messages.ts'
import { byId, el, setText } from './dom.ts'
import { Grid } from './grid.ts'
import { Poll } from './poll.ts'
import { shareReused } from './rates.ts'

/** The client table. */
export class ClientsPart {
  readonly #grid = new Grid<ClientLine, ClientSort>(
    'Clients',
    [
      {
        heading: 'Address',
        cell: ({ address, neverReuses, checksHealth }) =>
          el(
            'span',
            {},
            address ?? 'others',
            neverReuses && el('span', { className: 'tag bad' }, 'never reuses'),
            checksHealth && el('span', { className: 'tag' }, 'health checks'),
          ),
      },
      {
        heading: 'Connections',
        sort: 'connections',
        isNumber: true,
        cell: ({ connections }) => number(connections),
      },
      { heading: 'Requests', sort: 'requests', isNumber: true, cell: ({ requests }) => number(requests) },
      {
        heading: 'Reuse',
        sort: 'reuse',
        isNumber: true,
        cell: shareReused,
      },
      { heading: 'Mostly closed by', cell: ({ reasons }) => mostly(reasons) },
      {
        heading: 'Last seen',
        sort: 'lastSeen',
        isNumber: true,
        cell: ({ lastSeen }) => (lastSeen === 0 ? '–' : this.#ago(lastSeen)),
      },
    ],
    'connections',
    () => void this.#poll.ask(),
  )
  readonly #note = el('p', { className: 'note' }, 'Looking…')
  readonly #poll: Poll<ClientsAnswer>
  #now = 0

  constructor() {
    const section = byId('clients')
    section.append(this.#note, this.#grid.element)
    this.#poll = new Poll(
      section,
      () => `clients.json?sort=${this.#grid.sort}&order=${this.#grid.order}`,
      (answer) => this.#take(answer),
      (why) => setText(this.#note, `The clients could not be read: ${why}.`),
    )
  }

  #take({ total, rows, other }: ClientsAnswer): void {
    this.#now = Date.now()
    const shown = rows.length < total ? `, ${rows.length} of them here` : ''
    const others =
      other.connections > 0
        ? ` ${count(other.connections, 'connection')} of others have no row of their own.`
        : ''
    const never = rows.filter(({ neverReuses }) => neverReuses).length
    const wasteful =
      never > 0 ? ` ${count(never, 'client')} never ${never === 1 ? 'reuses' : 'reuse'} a connection.` : ''
    setText(
      this.#note,
      total === 0 && other.connections === 0
        ? 'No client has connected yet. Each client appears here with its connections and its reuse.'
        : `${count(total, 'address')}${shown}.${others}${wasteful}`,
    )
    this.#grid.show(rows, ({ neverReuses }) => (neverReuses ? 'bad' : ''))
  }

  #ago(unix: number): string {
    const ms = Math.max(0, this.#now - unix)
    return ms < 2_000 ? 'now' : `${duration(Math.round(ms / 1_000) * 1_000)} ago`
  }
}

function mostly(reasons: ClientLine['reasons']): string {
  const all = Object.entries(reasons).sort(([, a], [, b]) => b - a)
  const closed = all.reduce((sum, [, each]) => sum + each, 0)
  const [most] = all
  if (!most || most[1] === 0) return '–'
  return all.length === 1 ? most[0] : `${most[0]} ${percent(most[1] / closed)}`
}
