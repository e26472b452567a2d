import uPlot from 'uplot'
import type { Palette } from './colour.ts'
import { dotLabels } from './dot-labels.ts'
import { labelRows, rowHeight } from './labels.ts'
import type { ChartSpec } from './spec.ts'

/** The page's own font, at a size in pixels. */
export const fontOf = (size: number, weight = 400): string =>
  `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`

/** A colour that lets through what is behind it. */
export function withAlpha(colour: string, alpha: number): string {
  return `color-mix(in srgb, ${colour} ${alpha * 100}%, transparent)`
}

/** The zone, behind all else. */
export function drawZone(plot: uPlot, { zone }: ChartSpec, colour: Palette): void {
  if (!zone) return
  const { ctx, bbox } = plot
  const from = plot.valToPos(zone.from, 'x', true)
  const to = plot.valToPos(zone.to, 'x', true)
  ctx.save()
  ctx.fillStyle = withAlpha(colour('danger'), 0.14)
  ctx.fillRect(from, bbox.top, Math.max(2, to - from), bbox.height)
  ctx.restore()
}

/**
 * The marks, with their labels in rows above the plot.
 *
 * @param width - of the plot between its axes, in CSS pixels.
 */
export function drawMarks(plot: uPlot, { marks = [], x }: ChartSpec, colour: Palette, width: number): void {
  const { ctx, bbox } = plot
  const ratio = uPlot.pxRatio
  const { rows, anchor, count } = labelRows(marks, x, width)
  ctx.save()
  ctx.font = fontOf(12 * ratio, 600)
  ctx.textBaseline = 'middle'
  marks.forEach((mark, i) => {
    const at = Math.round(plot.valToPos(mark.at, 'x', true))
    const { row } = rows[i]!
    const y = bbox.top - (count - row - 0.5) * rowHeight * ratio - 4 * ratio
    ctx.strokeStyle = ctx.fillStyle = colour(mark.colour)
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

export function drawDots(plot: uPlot, { dots = [] }: ChartSpec, colour: Palette): void {
  const { ctx, bbox } = plot
  const ratio = uPlot.pxRatio
  ctx.save()
  ctx.font = fontOf(12 * ratio, 600)
  ctx.lineWidth = 2 * ratio
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'left'
  const placed = dots.map(({ x, y, label }) => ({
    x: plot.valToPos(x, 'x', true),
    y: plot.valToPos(y, 'y', true),
    width: ctx.measureText(label).width,
  }))
  const bounds = {
    left: bbox.left,
    top: bbox.top,
    right: bbox.left + bbox.width,
    bottom: bbox.top + bbox.height,
  }
  const labels = dotLabels(placed, bounds, ratio)
  dots.forEach(({ colour: name, hollow, label }, i) => {
    const { x, y } = placed[i]!
    ctx.beginPath()
    ctx.arc(x, y, 5 * ratio, 0, 2 * Math.PI)
    ctx.strokeStyle = colour(name)
    ctx.fillStyle = colour(hollow ? 'surface' : name)
    ctx.fill()
    ctx.stroke()
    ctx.fillStyle = colour(name)
    ctx.fillText(label, labels[i]!.left, labels[i]!.middle)
  })
  ctx.restore()
}
