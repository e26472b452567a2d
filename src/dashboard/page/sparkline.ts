import { mostSamples, type Sample, sampleEvery } from '../history.ts'
import type { Colour } from './colour.ts'
import { el, fill } from './dom.ts'
import { download } from './download.ts'
import { clock } from './format.ts'
import { palette } from './palette.ts'
import { Plot } from './plot.ts'
import { type ChartSpec, steps } from './spec.ts'
import { svgOf } from './svg.ts'

const quarterHour = mostSamples * sampleEvery

/** A line is drawn over the whole width once it is as long as this, in ms. */
const shortest = 60_000

/** A small line of the last quarter of an hour. */
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
    now: number,
    summary: string,
  ): void {
    const values = samples.map(value)
    const most = Math.max(0, ...values.map((each) => each ?? 0))
    const ticks = steps(most, this.#label, most <= 1 ? 1 : 4)
    const minutes = [15, 10, 5, 1, 0]
    this.#spec = {
      title: this.#name,
      summary,
      x: {
        title: 'minutes',
        min: Math.max(now - quarterHour, Math.min(samples[0]?.at ?? now, now - shortest)),
        max: now,
        ticks: minutes.map((ago) => ({ at: now - ago * 60_000, label: ago === 0 ? 'now' : `−${ago} min` })),
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
