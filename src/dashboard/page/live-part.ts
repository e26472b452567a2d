import { count, duration, number } from '../../words.ts'
import {
  type ConnectionLine,
  type ConnectionSort,
  type ConnectionsAnswer,
  openStates,
  reach,
  type StateFilter,
} from '../messages.ts'
import { bytesOf, lossOf, peerOf, protocolOf } from './connection-words.ts'
import { byId, el, setText } from './dom.ts'
import { FilterForm } from './filter.ts'
import { Grid } from './grid.ts'
import { Pager } from './pager.ts'
import { Poll } from './poll.ts'
import { hrefOf, type Route } from './route.ts'
import { shownWorker } from './shown-worker.ts'

/** The connections, each of which leads to its timeline. */
export class LivePart {
  readonly #grid = new Grid<ConnectionLine, ConnectionSort>(
    'Connections',
    [
      { heading: 'Id', sort: 'id', isNumber: true, cell: linkTo },
      { heading: 'Peer', cell: peerCell },
      { heading: 'State', cell: stateCell },
      { heading: 'Requests', sort: 'requests', isNumber: true, cell: ({ requests }) => number(requests) },
      { heading: 'Age', sort: 'age', isNumber: true, cell: ({ age }) => duration(age) },
      {
        heading: 'Idle for',
        sort: 'idle',
        isNumber: true,
        cell: ({ state, idle }) => (state === 'idle' || idle > 0 ? duration(idle) : '–'),
      },
      { heading: 'Bytes in, out', sort: 'bytes', isNumber: true, cell: bytesOf },
      { heading: 'Protocol', cell: protocolOf },
    ],
    ({ id }) => String(id),
    'age',
    () => this.#begin(),
  )
  readonly #state = el(
    'select',
    { id: 'live-state' },
    el('option', { value: '' }, 'any open'),
    ...openStates.map((state) => el('option', { value: state }, state)),
    el('option', { value: 'closed' satisfies StateFilter }, 'closed'),
    el('option', { value: 'lost' satisfies StateFilter }, 'closed, lost a request'),
  )
  readonly #filter = new FilterForm({
    id: 'live-text',
    placeholder: 'address, or #id',
    label: 'State ',
    select: this.#state,
    onChange: () => this.#begin(),
  })
  readonly #name = el('strong')
  readonly #chip: HTMLElement
  readonly #pager = new Pager('connections', () => this.#turn())
  readonly #note = el('p', { className: 'note', role: 'status' }, 'Looking…')
  readonly #poll: Poll<ConnectionsAnswer>
  /** As the client table names it; '' for any. */
  #client = ''

  /** @param onClear - the filter by client is taken away. */
  constructor(onClear: () => void) {
    const section = byId('live')
    const clear = el('button', { type: 'button' }, 'All clients')
    clear.addEventListener('click', () => {
      onClear()
      this.go({ place: 'connections', state: this.#state.value as StateFilter })
      // The button is hidden now.
      this.#state.focus()
    })
    this.#chip = el('p', { className: 'chip', hidden: true }, 'Client ', this.#name, clear)
    section.append(this.#filter.element, this.#chip, this.#note, this.#grid.element, this.#pager.element)
    this.#poll = new Poll(
      section,
      () => `connections.json?${this.#query()}`,
      (answer) => this.#take(answer),
      (why) => setText(this.#note, `The connections could not be read: ${why}.`),
    )
  }

  /** The table, for the focus. */
  get view(): HTMLElement {
    return this.#grid.view
  }

  go({ client = '', state }: Route & { place: 'connections' }): void {
    this.#client = client
    this.#chip.hidden = client === ''
    setText(this.#name, client)
    this.#filter.text = ''
    this.#state.value = state ?? ''
    this.#begin()
  }

  #query(): URLSearchParams {
    return new URLSearchParams({
      state: this.#state.value,
      text: this.#filter.text,
      client: this.#client,
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

  #take(answer: ConnectionsAnswer): void {
    const { total, matching, rows } = answer
    const all = count(total, 'connection')
    const isOpen = this.#state.value !== 'closed' && this.#state.value !== 'lost'
    const kept = isOpen ? '' : ' The list has those that closed last while this page was open.'
    const none =
      isOpen && matching === 0 && this.#client !== ''
        ? ' Choose the state “closed” for those that closed.'
        : ''
    const beyond = matching > reach ? ` Filter to see more than the first ${number(reach)}.` : ''
    setText(
      this.#note,
      `${matching === total ? all : `${number(matching)} of ${all}`}.${kept}${none}${beyond}`,
    )
    this.#grid.show(rows, ({ ending }) => (ending && ending.late + ending.dropped > 0 ? 'bad' : ''))
    this.#pager.show(answer)
  }
}

function linkTo({ id }: ConnectionLine): HTMLElement {
  const worker = shownWorker.pid
  const href = hrefOf({ place: 'connection', id, ...(worker !== undefined && { worker }) })
  return el('a', { className: 'open', href, 'aria-label': `Timeline of connection ${id}` }, `#${id}`)
}

function peerCell(line: ConnectionLine): HTMLElement {
  return el('span', {}, peerOf(line), line.page && el('span', { className: 'tag' }, 'this page'))
}

function stateCell(line: ConnectionLine): HTMLElement {
  const { state, ending } = line
  const lost = lossOf(line)
  return el(
    'span',
    { className: `state ${state}` },
    ending ? ending.reason : state,
    lost !== '' && el('span', { className: 'tag bad' }, lost),
  )
}
