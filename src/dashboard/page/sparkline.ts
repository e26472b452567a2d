import { duration } from '../../words.ts'
import type { Range, Sample } from '../samples.ts'
import type { Colour } from './colour.ts'
import { el, fill } from './dom.ts'
import { download } from './download.ts'
import { clock } from './format.ts'
import { palette } from './palette.ts'
import { Plot } from './plot.ts'
import { type ChartSpec, steps } from './spec.ts'
import { svgOf } from './svg.ts'

/** A line is drawn over the whole width once it is as long as this, in ms. */
const shortest = 60_000

/** A small line over a range. */
export class Sparkline {
  readonly #host: HTMLElement
  readonly #table: HTMLTableElement
  readonly #name: string
  readonly #colour: Colour
  readonly #label: (value: number) => string
  readonly #plot: Plot
  #spec: ChartSpec | undefined
  #isOpen = false

  constructor(
    host: HTMLElement,
    table: HTMLTableElement,
    name: string,
    colour: Colour,
    label: (value: number) => string,
  ) {
    this.#host = host
    this.#table = table
    this.#name = name
    this.#colour = colour
    this.#label = label
    this.#plot = new Plot(host, () => {}, true)
  }

  show(
    samples: readonly Sample[],
    value: (sample: Sample) => number | null,
    { length }: Range,
    now: number,
    summary: string,
  ): void {
    const values = samples.map(value)
    const most = Math.max(0, ...values.map((each) => each ?? 0))
    const ticks = steps(most, this.#label, most <= 1 ? 1 : 4)
    this.#spec = {
      title: this.#name,
      summary,
      x: {
        title: 'time before now',
        min: Math.max(now - length, Math.min(samples[0]?.at ?? now, now - shortest)),
        max: now,
        ticks: [1, 2 / 3, 1 / 3, 0].map((share) => ({
          at: now - share * length,
          label: share === 0 ? 'now' : `−${duration(share * length)}`,
        })),
      },
      y: { title: '', min: 0, max: Math.max(most * 1.08, most <= 1 ? 0.0001 : 1), ticks, scale: 'linear' },
      xs: samples.map(({ at }) => at),
      series: [{ label: this.#name, colour: this.#colour, kind: 'line', values }],
      read: () => '',
      table: {
        head: ['Time', this.#name],
        rows: samples.map((sample, i) => {
          const each = values[i] ?? null
          return [clock(sample.at), each === null ? '–' : this.#label(each)]
        }),
      },
    }
    this.#host.setAttribute('aria-label', summary)
    this.#plot.show(this.#spec)
    this.showTable(this.#isOpen)
  }

  showTable(isOpen: boolean): void {
    this.#isOpen = isOpen
    if (!isOpen || !this.#spec) return
    const { head, rows } = this.#spec.table
    fill(
      this.#table,
      el('thead', {}, el('tr', {}, ...head.map((text) => el('th', { scope: 'col' }, text)))),
      el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, cell))))),
    )
  }

  save(): void {
    if (this.#spec)
      download(
        `${this.#name.toLowerCase().replaceAll(' ', '-')}.svg`,
        'image/svg+xml',
        svgOf(this.#spec, palette()),
      )
  }
}
