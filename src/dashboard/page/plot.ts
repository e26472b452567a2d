import uPlot from 'uplot'
import type { Palette } from './colour.ts'
import { labelRows, rowHeight } from './labels.ts'
import { palette } from './palette.ts'
import { type ChartSpec, heightOf, stacked } from './spec.ts'

/** The page's own font, at a size in pixels. */
const fontOf = (size: number, weight = 400): string =>
  `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`

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

  /** How many rows the labels of the marks need, above the plot. */
  #countRows({ marks = [], x }: ChartSpec): number {
    return labelRows(marks, x, this.#host.clientWidth - 60).count
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
    }
    return {
      width,
      height,
      padding: this.#isBare ? [4, 0, 4, 0] : [this.#rows * rowHeight + 8, 12, 0, 0],
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
          grid: { show: false },
          splits: () => ticksThatFit(now(), this.#host.clientWidth - 60).map(({ at }) => at),
          values: (_plot, splits) =>
            splits.map((at) => now().x.ticks.find((tick) => tick.at === at)?.label ?? ''),
        },
        {
          ...axis,
          show: !this.#isBare,
          size: 48,
          gap: 6,
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
        drawAxes: [(plot) => this.#drawZone(plot)],
        draw: [(plot) => this.#drawMarks(plot), (plot) => this.#drawDots(plot)],
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

  #drawZone(plot: uPlot): void {
    const { zone } = this.#spec!
    if (!zone) return
    const { ctx, bbox } = plot
    const from = plot.valToPos(zone.from, 'x', true)
    const to = plot.valToPos(zone.to, 'x', true)
    ctx.save()
    ctx.fillStyle = withAlpha(this.#colour('danger'), 0.14)
    ctx.fillRect(from, bbox.top, Math.max(2, to - from), bbox.height)
    ctx.restore()
  }

  #drawMarks(plot: uPlot): void {
    const { marks = [], x } = this.#spec!
    const { ctx, bbox } = plot
    const ratio = uPlot.pxRatio
    const { rows, anchor } = labelRows(marks, x, bbox.width / ratio)
    ctx.save()
    ctx.font = fontOf(12 * ratio, 600)
    ctx.textBaseline = 'middle'
    marks.forEach((mark, i) => {
      const at = Math.round(plot.valToPos(mark.at, 'x', true))
      const { row } = rows[i]!
      const y = bbox.top - (this.#rows - row - 0.5) * rowHeight * ratio - 4 * ratio
      ctx.strokeStyle = ctx.fillStyle = this.#colour(mark.colour)
      ctx.lineWidth = 1.5 * ratio
      ctx.setLineDash(mark.dashed ? [4 * ratio, 3 * ratio] : [])
      ctx.beginPath()
      ctx.moveTo(at, y)
      ctx.lineTo(at, bbox.top + bbox.height)
      ctx.stroke()
      ctx.textAlign = anchor
      ctx.fillText(mark.label, at + (anchor === 'left' ? 5 : -5) * ratio, y)
    })
    ctx.restore()
  }

  #drawDots(plot: uPlot): void {
    const { dots = [], x } = this.#spec!
    const { ctx, bbox } = plot
    const ratio = uPlot.pxRatio
    ctx.save()
    ctx.font = fontOf(12 * ratio, 600)
    ctx.lineWidth = 2 * ratio
    dots.forEach((dot, i) => {
      const at = plot.valToPos(dot.x, 'x', true)
      const y = plot.valToPos(dot.y, 'y', true)
      ctx.beginPath()
      ctx.arc(at, y, 5 * ratio, 0, 2 * Math.PI)
      ctx.strokeStyle = this.#colour(dot.colour)
      ctx.fillStyle = dot.hollow ? this.#colour('surface') : this.#colour(dot.colour)
      ctx.fill()
      ctx.stroke()
      ctx.fillStyle = this.#colour(dot.colour)
      const isRight = dot.x > (x.min + x.max) / 2
      ctx.textAlign = isRight ? 'right' : 'left'
      const below = Math.min(y + (18 + 15 * i) * ratio, bbox.top + bbox.height - 6 * ratio)
      ctx.fillText(dot.label, at + (isRight ? -2 : 2) * ratio, below)
    })
    ctx.restore()
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

/** The ticks from the left on whose labels do not run into the one before. */
function ticksThatFit({ x }: Pick<ChartSpec, 'x'>, width: number): ChartSpec['x']['ticks'] {
  const placed: { at: number; end: number }[] = []
  return x.ticks.filter(({ at, label }) => {
    const centre = ((at - x.min) / (x.max - x.min)) * width
    const half = label.length * 3.6 + 6
    if (at < x.min || at > x.max) return false
    if (placed.length > 0 && centre - half < placed[placed.length - 1]!.end) return false
    placed.push({ at, end: centre + half })
    return true
  })
}

/** A colour that lets through what is behind it. */
function withAlpha(colour: string, alpha: number): string {
  return `color-mix(in srgb, ${colour} ${alpha * 100}%, transparent)`
}
