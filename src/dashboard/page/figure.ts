import { el, fill, setText } from './dom.ts'
import { download } from './download.ts'
import { palette } from './palette.ts'
import { Plot } from './plot.ts'
import { scroller } from './scroller.ts'
import type { ChartSpec } from './spec.ts'
import { svgOf } from './svg.ts'

/** A chart with all that belongs to it: what it says in words, its legend, its numbers as a table, and as a file. */
export class Figure {
  readonly element: HTMLElement
  readonly #plotHost: HTMLElement
  readonly #plot: Plot
  readonly #readout: HTMLElement
  readonly #legend: HTMLElement
  readonly #details: HTMLDetailsElement
  readonly #table: HTMLTableElement
  #spec: ChartSpec | undefined
  #cursor: number | undefined
  #legendOf = ''

  /** @param name - of the file, and what the class is called. */
  constructor(name: string, label: string) {
    this.#plotHost = el('div', { className: 'plot', tabIndex: 0, role: 'img', 'aria-label': label })
    this.#readout = el('p', { className: 'readout', 'aria-live': 'off' })
    this.#legend = el('ul', { className: 'legend' })
    this.#table = el('table')
    const summary = el('summary', { 'aria-label': `Table: ${label}` }, 'Table')
    this.#details = el('details', {}, summary, scroller(label, this.#table))
    this.#details.addEventListener('toggle', () => this.#showTable())
    const save = el(
      'button',
      { type: 'button', className: 'quiet', 'aria-label': `Download SVG: ${label}` },
      'Download SVG',
    )
    save.addEventListener('click', () => {
      if (this.#spec) download(`${name}.svg`, 'image/svg+xml', svgOf(this.#spec, palette()))
    })
    const foot = el('div', { className: 'foot' }, this.#details, save)
    this.element = el(
      'figure',
      { className: `chart ${name}` },
      this.#legend,
      this.#plotHost,
      this.#readout,
      foot,
    )
    this.#plot = new Plot(this.#plotHost, (index) => {
      this.#cursor = index
      this.#read()
    })
  }

  show(spec: ChartSpec): void {
    this.#spec = spec
    this.#plot.show(spec)
    this.#plotHost.setAttribute('aria-label', `${spec.title}. ${spec.summary}`)
    this.#showLegend(spec)
    this.#read()
    this.#showTable()
  }

  #read(): void {
    const { xs, read, summary } = this.#spec!
    const at = this.#cursor
    setText(this.#readout, at !== undefined && at < xs.length ? read(at) : summary)
  }

  #showLegend({ series, zone }: ChartSpec): void {
    const entries = series.filter(({ kind }) => kind === 'bar' || kind === 'line')
    const key = JSON.stringify([entries.map(({ label, colour }) => [label, colour]), zone?.label])
    if (key === this.#legendOf) return
    this.#legendOf = key
    fill(
      this.#legend,
      ...entries.map(({ label, colour }) => el('li', { 'data-colour': colour.replace('/', '-') }, label)),
      zone && el('li', { 'data-colour': 'zone' }, zone.label),
    )
  }

  /** Only while it is open: it may be long. */
  #showTable(): void {
    if (!this.#details.open || !this.#spec) return
    const { head, rows } = this.#spec.table
    fill(
      this.#table,
      el('caption', { className: 'hidden' }, this.#spec.title),
      el('thead', {}, el('tr', {}, ...head.map((text) => el('th', { scope: 'col' }, text)))),
      el(
        'tbody',
        {},
        ...rows.map(([first = '', ...cells]) =>
          el('tr', {}, el('th', { scope: 'row' }, first), ...cells.map((cell) => el('td', {}, cell))),
        ),
      ),
    )
  }
}
