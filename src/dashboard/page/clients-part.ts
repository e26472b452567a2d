import { count, duration, number, percent } from '../../words.ts'
import { type ClientLine, type ClientSort, type ClientsAnswer, clientKinds } from '../messages.ts'
import { byId, el, setText } from './dom.ts'
import { FilterForm } from './filter.ts'
import { Grid } from './grid.ts'
import { Pager } from './pager.ts'
import { Poll } from './poll.ts'
import { shareReused } from './rates.ts'
import { hrefOf, type Route } from './route.ts'

const kindNames = { neverReuses: 'never reuse', checksHealth: 'health checks' } as const

/** The client table, each of whose rows leads to the connections of its client. */
export class ClientsPart {
  readonly #grid = new Grid<ClientLine, ClientSort>(
    'Clients',
    [
      { heading: 'Address', cell: addressOf },
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
    ({ address }) => String(address),
    'connections',
    () => this.#begin(),
  )
  readonly #kind = el(
    'select',
    { id: 'clients-kind' },
    el('option', { value: '' }, 'all'),
    ...clientKinds.map((kind) => el('option', { value: kind }, kindNames[kind])),
  )
  readonly #filter = new FilterForm({
    id: 'clients-text',
    placeholder: 'address',
    label: 'Show ',
    select: this.#kind,
    onChange: () => {
      this.#onFilter()
      this.#begin()
    },
  })
  readonly #pager = new Pager('clients', () => this.#turn())
  readonly #note = el('p', { className: 'note', role: 'status' }, 'Looking…')
  readonly #poll: Poll<ClientsAnswer>
  readonly #onFilter: () => void
  #now = 0

  /** @param onFilter - the user filters by hand. */
  constructor(onFilter: () => void) {
    this.#onFilter = onFilter
    const section = byId('clients')
    section.append(this.#filter.element, this.#note, this.#grid.element, this.#pager.element)
    this.#poll = new Poll(
      section,
      () => `clients.json?${this.#query()}`,
      (answer) => this.#take(answer),
      (why) => setText(this.#note, `The clients could not be read: ${why}.`),
    )
  }

  go({ text = '', kind }: Route & { place: 'clients' }): void {
    this.#filter.text = text
    this.#kind.value = kind ?? ''
    this.#begin()
  }

  #query(): URLSearchParams {
    return new URLSearchParams({
      text: this.#filter.text,
      kind: this.#kind.value,
      sort: this.#grid.sort,
      order: this.#grid.order,
      offset: String(this.#pager.offset),
    })
  }

  #begin(): void {
    this.#pager.offset = 0
    void this.#poll.ask()
  }

  #turn(): void {
    this.#grid.view.scrollTop = 0
    void this.#poll.ask()
  }

  #take(answer: ClientsAnswer): void {
    this.#now = Date.now()
    const { total, matching, rows, other } = answer
    const isWhole = matching === total
    const others =
      other.connections > 0 && isWhole
        ? ` ${count(other.connections, 'connection')} of others have no row of their own.`
        : ''
    const never = rows.filter(({ neverReuses }) => neverReuses).length
    const wasteful =
      never > 0 ? ` ${count(never, 'client')} never ${never === 1 ? 'reuses' : 'reuse'} a connection.` : ''
    setText(
      this.#note,
      total === 0 && other.connections === 0
        ? 'No client has connected yet. Each client appears here with its connections and its reuse.'
        : `${isWhole ? count(total, 'address') : `${number(matching)} of ${count(total, 'address')}`}.${others}${wasteful}`,
    )
    this.#grid.show(rows, ({ neverReuses }) => (neverReuses ? 'bad' : ''))
    this.#pager.show(answer)
  }

  #ago(unix: number): string {
    const ms = Math.max(0, this.#now - unix)
    return ms < 2_000 ? 'now' : `${duration(Math.round(ms / 1_000) * 1_000)} ago`
  }
}

function addressOf({ address, neverReuses, checksHealth }: ClientLine): HTMLElement {
  return el(
    'span',
    {},
    address === null
      ? 'others'
      : el(
          'a',
          { href: hrefOf({ place: 'connections', client: address }), title: 'Its connections' },
          address,
        ),
    neverReuses && el('span', { className: 'tag bad' }, 'never reuses'),
    checksHealth && el('span', { className: 'tag' }, 'health checks'),
  )
}

function mostly(reasons: ClientLine['reasons']): string {
  const all = Object.entries(reasons).sort(([, a], [, b]) => b - a)
  const closed = all.reduce((sum, [, each]) => sum + each, 0)
  const [most] = all
  if (!most || most[1] === 0) return '–'
  return all.length === 1 ? most[0] : `${most[0]} ${percent(most[1] / closed)}`
}
