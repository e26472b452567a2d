import uPlot from 'uplot'
import type { Palette } from './colour.ts'
import { labelRows, rowHeight, ticksThatFit } from './labels.ts'
import { palette } from './palette.ts'
import { drawDots, drawMarks, drawZone, fontOf, withAlpha } from './plot-drawing.ts'
import { type ChartSpec, heightOf, stacked } from './spec.ts'

/** Room for the title of an axis, for the labels of the y axis, and right of the plot, in CSS pixels. */
const titleSize = 20
const ticksSize = 48
const rightPadding = 16

/** A chart on the page, drawn by uPlot. It is made anew only where what it is made of changes, not for new numbers. */
export class Plot {
  readonly #host: HTMLElement
  readonly #onCursor: (index: number | undefined) => void
  #spec: ChartSpec | undefined
  #plot: uPlot | undefined
  #made = ''
  #colour: Palette = palette()
  #rows = 0
  readonly #isBare: boolean

  /** @param isBare - without axes and cursor. */
  constructor(host: HTMLElement, onCursor: (index: number | undefined) => void, isBare = false) {
    this.#host = host
    this.#isBare = isBare
    this.#onCursor = onCursor
    new ResizeObserver(() => this.#resize()).observe(host)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#made = ''
      if (this.#spec) this.show(this.#spec)
    })
    host.addEventListener('keydown', (event) => this.#key(event))
    host.addEventListener('blur', () => this.#plot?.setCursor({ left: -10, top: -10 }))
  }

  show(spec: ChartSpec): void {
    this.#spec = spec
    if (this.#host.clientWidth === 0) return
    const data = dataOf(spec)
    const rows = this.#countRows(spec)
    const made = JSON.stringify([spec.series.map(({ kind, colour }) => [kind, colour]), spec.y.scale, rows])
    if (!this.#plot || made !== this.#made) {
      this.#made = made
      this.#rows = rows
      this.#colour = palette()
      this.#plot?.destroy()
      this.#plot = new uPlot(this.#options(spec), data, this.#host)
      return
    }
    this.#plot.batch(() => {
      this.#plot!.setData(data, false)
      this.#plot!.setScale('x', { min: spec.x.min, max: spec.x.max })
      this.#plot!.setScale('y', yRange(spec))
    })
    this.#plot.redraw(true, true)
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#host
    if (width === 0 || !this.#spec) return
    if (!this.#plot || this.#countRows(this.#spec) !== this.#rows) this.show(this.#spec)
    else if (width !== this.#plot.width || height !== this.#plot.height) this.#plot.setSize({ width, height })
  }

  /** Of what is between the axes. */
  #plotWidth(): number {
    return this.#host.clientWidth - titleSize - ticksSize - rightPadding
  }

  /** How many rows the labels of the marks need, above the plot. */
  #countRows({ marks = [], x }: ChartSpec): number {
    return labelRows(marks, x, this.#plotWidth()).count
  }

  /** From one value to the next by the arrow keys, as by the mouse. */
  #key(event: KeyboardEvent): void {
    const plot = this.#plot
    const spec = this.#spec
    if (!plot || !spec || spec.xs.length === 0) return
    const at = plot.cursor.idx ?? -1
    const last = spec.xs.length - 1
    const moves: Record<string, number> = {
      ArrowLeft: at < 0 ? last : Math.max(0, at - 1),
      ArrowRight: Math.min(last, at + 1),
      Home: 0,
      End: last,
    }
    const to = moves[event.key]
    if (to === undefined) return
    event.preventDefault()
    plot.setCursor({ left: plot.valToPos(spec.xs[to]!, 'x'), top: 10 })
  }

  #options(spec: ChartSpec): uPlot.Options {
    const { clientWidth: width, clientHeight: height } = this.#host
    const colour = this.#colour
    const now = (): ChartSpec => this.#spec ?? spec
    const axis = {
      stroke: colour('muted'),
      font: fontOf(12),
      grid: { stroke: colour('line'), width: 1 },
      ticks: { show: false },
      labelFont: fontOf(12),
      labelSize: titleSize,
    }
    return {
      width,
      height,
      padding: this.#isBare ? [4, 0, 4, 0] : [this.#rows * rowHeight + 8, rightPadding, 0, 0],
      legend: { show: false },
      cursor: {
        show: !this.#isBare,
        y: false,
        points: { show: false },
        drag: { x: false, y: false, setScale: false },
      },
      scales: {
        x: { time: false, auto: false, range: () => [now().x.min, now().x.max] },
        y: { auto: false, range: () => Object.values(yRange(now())) as [number, number] },
      },
      axes: [
        {
          ...axis,
          show: !this.#isBare,
          size: 28,
          gap: 6,
          label: () => now().x.title,
          grid: { show: false },
          splits: () => ticksThatFit(now().x, this.#plotWidth()).map(({ at }) => at),
          values: (_plot, splits) =>
            splits.map((at) => now().x.ticks.find((tick) => tick.at === at)?.label ?? ''),
        },
        {
          ...axis,
          show: !this.#isBare,
          size: ticksSize,
          gap: 6,
          label: () => now().y.title,
          splits: () => now().y.ticks.map(({ at }) => heightOf(at, now().y.scale)),
          values: () => now().y.ticks.map(({ label }) => label),
        },
      ],
      series: [{}, ...spec.series.map((series) => this.#series(series))].map((series, i, all) =>
        // Stacked bars are drawn from the back: the last one, which stands on all others, first.
        i === 0 || i > countBars(spec) ? series : all[countBars(spec) - i + 1]!,
      ),
      bands: bandsOf(spec).map((band) => ({ series: band, fill: `${withAlpha(colour('reused'), 0.16)}` })),
      hooks: {
        drawAxes: [(plot) => drawZone(plot, now(), colour)],
        draw: [
          (plot) => drawMarks(plot, now(), colour, this.#plotWidth()),
          (plot) => drawDots(plot, now(), colour),
        ],
        setCursor: [
          (plot) => {
            const { idx, left = -1 } = plot.cursor
            this.#onCursor(left >= 0 && idx != null ? idx : undefined)
          },
        ],
      },
    }
  }

  #series({ kind, colour }: ChartSpec['series'][number]): uPlot.Series {
    const tint = this.#colour(colour)
    const points = { show: false }
    switch (kind) {
      case 'bar':
        return {
          points,
          stroke: this.#colour('surface'),
          width: 0.5,
          fill: tint,
          paths: uPlot.paths.bars!({ size: [0.94, 80], gap: 0 }),
        }
      case 'line':
        return { points, stroke: tint, width: 2, spanGaps: false }
      default:
        return { points, stroke: withAlpha(tint, 0.35), width: 1 }
    }
  }
}

const countBars = ({ series }: ChartSpec): number => series.filter(({ kind }) => kind === 'bar').length

/** What uPlot takes: the bars' tops, from the back to the front, then the lines. */
function dataOf(spec: ChartSpec): uPlot.AlignedData {
  const tops = stacked(spec.series).map((values) =>
    values.map((value) => (value === null ? null : heightOf(value, spec.y.scale))),
  )
  const bars = tops.slice(0, countBars(spec)).reverse()
  return [[...spec.xs], ...bars, ...tops.slice(countBars(spec))]
}

function bandsOf({ series }: ChartSpec): [number, number][] {
  const high = series.findIndex(({ kind }) => kind === 'high')
  const low = series.findIndex(({ kind }) => kind === 'low')
  return high >= 0 && low >= 0 ? [[high + 1, low + 1]] : []
}

function yRange({ y }: ChartSpec): { min: number; max: number } {
  return { min: heightOf(y.min, y.scale), max: heightOf(y.max, y.scale) }
}
