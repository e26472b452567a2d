import { count, number, percent } from '../../words.ts'
import type { Update } from '../messages.ts'
import type { Range, Sample } from '../samples.ts'
import type { Colour } from './colour.ts'
import { byId, el, setText } from './dom.ts'
import { clock } from './format.ts'
import { perSecond, recentReuse, reuseOf } from './rates.ts'
import { Sparkline } from './sparkline.ts'

/** One of the numbers of now, and how it came to be. */
interface Measure {
  readonly name: string
  readonly colour: Colour
  /** What is known of now; `undefined` where there is nothing to measure. */
  readonly now: (update: Update) => number | undefined
  readonly past: (sample: Sample) => number | null
  readonly show: (value: number) => string
  readonly about: string
}

const measures: readonly Measure[] = [
  {
    name: 'Open',
    colour: 'ink',
    now: ({ summary }) => summary.connections.open,
    past: ({ open }) => open,
    show: number,
    about: 'connections now',
  },
  {
    name: 'Idle',
    colour: 'muted',
    now: ({ summary }) => summary.connections.states.idle,
    past: ({ idle }) => idle,
    show: number,
    about: 'connections now',
  },
  {
    name: 'Reuse',
    colour: 'reused',
    now: ({ summary }) => reuseOf(recentReuse(summary)),
    past: (sample) => reuseOf(sample) ?? null,
    show: percent,
    about: 'of requests, last 15 min',
  },
  {
    name: 'New per second',
    colour: 'client',
    now: ({ summary: { windows, takenAt, since } }) => perSecond(windows.minute.opened, takenAt - since),
    past: ({ opened, length }) => (length === 0 ? null : (opened * 1_000) / length),
    show: number,
    about: 'connections, last minute',
  },
]

/** There is a sample every 5 s. */
const nothingYet = 'The line begins within 10 s.'

/** The four numbers of now, each with its course over a range. */
export class TilesPart {
  readonly #tiles = measures.map((measure) => new Tile(measure))
  readonly #own = byId('own')

  constructor() {
    byId('tiles').append(...this.#tiles.map(({ element }) => element))
  }

  show(update: Update, samples: readonly Sample[], range: Range): void {
    for (const tile of this.#tiles) tile.show(update, samples, range)
    const { open, requests } = update.page
    setText(
      this.#own,
      `Not counted in any of these figures: this page's own ${count(open, 'connection')} and ${count(requests, 'request')}${update.viewers > 1 ? `, of ${update.viewers} viewers` : ''}.`,
    )
  }
}

class Tile {
  readonly element: HTMLElement
  readonly #measure: Measure
  readonly #value: HTMLElement
  readonly #spark: Sparkline
  readonly #range: HTMLElement

  constructor(measure: Measure) {
    this.#measure = measure
    this.#value = el('p', { className: 'value' }, '–')
    this.#range = el('p', { className: 'range' })
    const plot = el('div', { className: 'spark', role: 'img' })
    const table = el('table')
    this.#spark = new Sparkline(plot, table, measure.name, measure.colour, measure.show)
    const scroller = el(
      'div',
      { className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': `${measure.name}, table` },
      table,
    )
    const details = el(
      'details',
      {},
      el('summary', { 'aria-label': `Table: ${measure.name}` }, 'Table'),
      scroller,
    )
    details.addEventListener('toggle', () => this.#spark.showTable(details.open))
    const save = el(
      'button',
      { type: 'button', className: 'quiet', 'aria-label': `Download SVG: ${measure.name}` },
      'SVG',
    )
    save.addEventListener('click', () => this.#spark.save())
    this.element = el(
      'div',
      { className: 'tile' },
      el('h3', {}, measure.name, el('span', { className: 'note' }, measure.about)),
      this.#value,
      plot,
      el('div', { className: 'foot' }, this.#range, details, save),
    )
  }

  show(update: Update, samples: readonly Sample[], shownRange: Range): void {
    const { now, past, show, name } = this.#measure
    const value = now(update)
    const shown = value === undefined ? '–' : show(value)
    setText(this.#value, shown)
    const values = samples.flatMap((sample) => past(sample) ?? [])
    const none = samples.length === 0 ? nothingYet : `No request in the last ${shownRange.name}.`
    const range = values.length === 0 ? none : `${show(Math.min(...values))} to ${show(Math.max(...values))}`
    setText(this.#range, range)
    const first = samples[0]
    const summary =
      first && values.length > 0 ? `${shown} now; ${range} since ${clock(first.at)}` : `${shown} now`
    this.#spark.show(samples, past, shownRange, update.summary.takenAt, `${name}: ${summary}`)
  }
}
