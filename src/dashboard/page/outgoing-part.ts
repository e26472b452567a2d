import { count, duration, number } from '../../words.ts'
import type { OutgoingAnswer, OutgoingLine } from '../messages.ts'
import { el, setText } from './dom.ts'
import { Grid } from './grid.ts'
import { Poll } from './poll.ts'
import { shareReused } from './rates.ts'
import { shownWorker } from './shown-worker.ts'

const columns = [
  { heading: 'Origin', cell: ({ origin }: OutgoingLine) => origin ?? 'others' },
  { heading: 'Connections', isNumber: true, cell: ({ opened }: OutgoingLine) => number(opened) },
  { heading: 'Open', isNumber: true, cell: ({ open }: OutgoingLine) => number(open) },
  { heading: 'Failed', isNumber: true, cell: ({ failed }: OutgoingLine) => number(failed) },
  { heading: 'Requests', isNumber: true, cell: ({ requests }: OutgoingLine) => number(requests) },
  { heading: 'Reuse', isNumber: true, cell: shareReused },
  { heading: 'Lost', isNumber: true, cell: ({ lost }: OutgoingLine) => number(lost) },
  {
    heading: 'Closed by the server',
    isNumber: true,
    cell: ({ closedByServer }: OutgoingLine) => number(closedByServer),
  },
  {
    heading: 'Server advertises',
    isNumber: true,
    cell: ({ advertisedTimeout }: OutgoingLine) =>
      advertisedTimeout === null ? '–' : duration(advertisedTimeout),
  },
] as const

/** The connections that the process opens itself. */
class OutgoingPart {
  readonly #grid = new Grid<OutgoingLine, never>(
    'Outgoing connections',
    columns,
    ({ origin }) => String(origin),
    undefined as never,
    () => {},
  )
  readonly #note = el('p', { className: 'note', role: 'status' })
  readonly #findings = el('ul', { className: 'note' })

  constructor(answer: OutgoingAnswer) {
    const title = el('h2', { id: 'outgoing-title' }, 'Outgoing connections')
    const section = el('section', { id: 'outgoing' }, title, this.#note, this.#findings, this.#grid.element)
    section.setAttribute('aria-labelledby', title.id)
    document.querySelector('main')!.append(section)
    this.#show(answer)
    new Poll<{ outgoing: OutgoingAnswer | null }>(
      section,
      () => 'outgoing.json?',
      ({ outgoing }) => outgoing && this.#show(outgoing),
      (why) => setText(this.#note, `The outgoing connections could not be read: ${why}.`),
    )
  }

  #show({ total, rows, findings }: OutgoingAnswer): void {
    const text = 'Each origin has a row once the process has sent a request to it.'
    setText(this.#note, total === 0 ? text : `${count(total, 'origin')}.`)
    this.#findings.replaceChildren(
      ...findings.map(({ code, message, remedy }) =>
        el('li', {}, el('a', { href: `${code}.html` }, code), ` ${message} ${remedy}`),
      ),
    )
    this.#grid.show(rows, ({ lost }) => (lost > 0 ? 'bad' : ''))
  }
}

/** Shows the part where the process counts its outgoing connections. */
export async function showOutgoing(): Promise<void> {
  const response = await fetch(shownWorker.urlOf('outgoing.json?'))
  if (!response.ok) return
  const { outgoing } = (await response.json()) as { outgoing: OutgoingAnswer | null }
  if (outgoing) new OutgoingPart(outgoing)
}
