import { bytes, count, duration, number } from '../../words.ts'
import { type ConnectionLine, type ConnectionSort, type ConnectionsAnswer, openStates } from '../messages.ts'
import { byId, el, setText } from './dom.ts'
import { Grid } from './grid.ts'
import { Poll } from './poll.ts'
import { TimelineDialog } from './timeline-dialog.ts'

/** How long to wait for the next key before a search begins, in ms. */
const pause = 250

/** The live connections, each of which opens its timeline. */
export class LivePart {
  readonly #grid = new Grid<ConnectionLine, ConnectionSort>(
    'Live connections',
    [
      { heading: 'Id', isNumber: true, cell: (row) => this.#opener(row) },
      {
        heading: 'Peer',
        cell: ({ remoteAddress, remotePort, page }) =>
          el(
            'span',
            {},
            peer(remoteAddress, remotePort),
            page && el('span', { className: 'tag' }, 'this page'),
          ),
      },
      { heading: 'State', cell: ({ state }) => el('span', { className: `state ${state}` }, state) },
      { heading: 'Requests', sort: 'requests', isNumber: true, cell: ({ requests }) => number(requests) },
      { heading: 'Age', sort: 'age', isNumber: true, cell: ({ age }) => duration(age) },
      {
        heading: 'Idle for',
        sort: 'idle',
        isNumber: true,
        cell: ({ state, idle }) => (state === 'idle' ? duration(idle) : '–'),
      },
      {
        heading: 'In and out',
        sort: 'bytes',
        isNumber: true,
        cell: ({ bytesRead, bytesWritten }) => `${bytes(bytesRead)}, ${bytes(bytesWritten)}`,
      },
      {
        heading: 'Protocol',
        cell: ({ protocol, tls }) => [protocol && `HTTP/${protocol}`, tls].filter(Boolean).join(', ') || '–',
      },
    ],
    'age',
    () => void this.#poll.ask(),
  )
  readonly #state = el(
    'select',
    { id: 'live-state' },
    el('option', { value: '' }, 'any'),
    ...openStates.map((state) => el('option', { value: state }, state)),
  )
  readonly #text = el('input', {
    id: 'live-text',
    type: 'search',
    autocomplete: 'off',
    spellcheck: false,
    maxLength: 64,
    placeholder: 'address, or #id',
  })
  readonly #note = el('p', { className: 'note', role: 'status' }, 'Looking…')
  readonly #poll: Poll<ConnectionsAnswer>
  readonly #timeline = new TimelineDialog()
  #waiting: ReturnType<typeof setTimeout> | undefined

  constructor() {
    const section = byId('live')
    const filter = el(
      'form',
      { className: 'filter', role: 'search' },
      el('label', { htmlFor: 'live-text' }, 'Search '),
      this.#text,
      el('label', { htmlFor: 'live-state' }, 'State '),
      this.#state,
    )
    filter.addEventListener('submit', (event) => event.preventDefault())
    section.append(filter, this.#note, this.#grid.element)
    this.#poll = new Poll(
      section,
      () => `connections.json?${this.#query()}`,
      (answer) => this.#take(answer),
      (why) => setText(this.#note, `The connections could not be read: ${why}.`),
    )
    this.#state.addEventListener('change', () => void this.#poll.ask())
    this.#text.addEventListener('input', () => {
      clearTimeout(this.#waiting)
      this.#waiting = setTimeout(() => void this.#poll.ask(), pause)
    })
  }

  #query(): URLSearchParams {
    return new URLSearchParams({
      state: this.#state.value,
      text: this.#text.value,
      sort: this.#grid.sort,
      order: this.#grid.order,
    })
  }

  #take({ total, matching, rows }: ConnectionsAnswer): void {
    const shown = rows.length < matching ? `; the first ${rows.length} are shown` : ''
    setText(
      this.#note,
      matching === total
        ? `${count(total, 'connection')}${shown}.`
        : `${number(matching)} of ${count(total, 'connection')}${shown}.`,
    )
    this.#grid.show(rows, () => '')
  }

  #opener({ id }: ConnectionLine): HTMLElement {
    const button = el(
      'button',
      { type: 'button', className: 'open', 'aria-label': `Timeline of connection ${id}` },
      `#${id}`,
    )
    button.addEventListener('click', () => this.#timeline.open(id))
    return button
  }
}

function peer(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return '–'
  if (port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
