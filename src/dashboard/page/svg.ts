import { escapeXml } from '../../escape-xml.ts'
import type { Palette } from './colour.ts'
import { dotLabels } from './dot-labels.ts'
import { labelRows, rowHeight, ticksThatFit } from './labels.ts'
import { type Drawn, heightOf, type Series, stacked } from './spec.ts'

const width = 960
const plotHeight = 390
const left = 76
const right = 24
const bottom = 56

/** About how wide a character of 12 px is, bold or not. */
const boldCharacter = 7.4
const character = 6.8

const legendRow = 18

/**
 * A chart as an SVG file, which needs nothing else. Text from anywhere is escaped.
 *
 * @param more - charts to draw below the first one.
 */
export function svgOf(first: Drawn, colour: Palette, more: readonly Drawn[] = []): string {
  const specs = [first, ...more]
  let height = 0
  const drawings = specs.map((spec) => {
    const drawing = draw(spec, colour)
    const top = height
    height += drawing.height
    return top === 0 ? drawing.content : `<g transform="translate(0 ${top})">${drawing.content}</g>`
  })
  const summary = specs.map((spec) => spec.summary).join(' ')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12"><title>${escapeXml(first.title)}</title><desc>${escapeXml(summary)}</desc>${drawings.join('')}</svg>\n`
}

function draw(spec: Drawn, colour: Palette): { readonly height: number; readonly content: string } {
  const { x, y, marks = [], dots = [], zone } = spec
  const entries = legendOf(spec)
  const height = plotHeight + legendRow * (1 + Math.max(0, ...entries.map(({ row }) => row)))
  const labels = labelRows(marks, x, width - left - right)
  const top = 56 + labels.count * rowHeight
  const atX = (value: number): number =>
    round(left + ((value - x.min) / (x.max - x.min)) * (width - left - right))
  const least = heightOf(y.min, y.scale)
  const most = heightOf(y.max, y.scale)
  const atY = (value: number): number =>
    round(
      plotHeight -
        bottom -
        ((heightOf(value, y.scale) - least) / (most - least)) * (plotHeight - bottom - top),
    )
  const base = plotHeight - bottom
  const text = (at: number, line: number, words: string, more = ''): string =>
    `<text x="${at}" y="${line}" ${more}>${escapeXml(words)}</text>`
  const paint = (name: Parameters<Palette>[0]): string => `fill="${colour(name)}"`

  const dotPlaces = dotLabels(
    dots.map((dot) => ({ x: atX(dot.x), y: atY(dot.y), width: dot.label.length * boldCharacter })),
    { left, top, right: width - right, bottom: base },
  )

  const parts = [
    `<rect width="${width}" height="${height}" ${paint('surface')}/>`,
    text(left, 28, spec.title, `${paint('ink')} font-size="16" font-weight="600"`),
    ...y.ticks.map(
      ({ at, label }) =>
        `<path d="M${left} ${atY(at)}H${width - right}" stroke="${colour('line')}"/>${text(left - 8, atY(at) + 4, label, `${paint('muted')} text-anchor="end"`)}`,
    ),
    zone
      ? `<rect x="${atX(zone.from)}" y="${top}" width="${Math.max(1, atX(zone.to) - atX(zone.from))}" height="${base - top}" ${paint('danger')} opacity="0.14"/>`
      : '',
    ...shapes(spec, atX, atY, colour),
    ...ticksThatFit(x, width - left - right).map(({ at, label }) =>
      text(atX(at), base + 18, label, `${paint('muted')} text-anchor="middle"`),
    ),
    text((left + width - right) / 2, base + 38, x.title, `${paint('muted')} text-anchor="middle"`),
    text(
      18,
      (top + base) / 2,
      y.title,
      `${paint('muted')} text-anchor="middle" transform="rotate(-90 18 ${(top + base) / 2})"`,
    ),
    ...marks.map(({ at, label, colour: name, dashed }, i) => {
      const { row } = labels.rows[i]!
      const line = top - (labels.count - row - 0.5) * rowHeight - 4
      const isLeft = labels.anchor === 'left'
      return `<path d="M${atX(at)} ${line}V${base}" stroke="${colour(name)}" stroke-width="1.5"${dashed ? ' stroke-dasharray="4 3"' : ''}/>${text(atX(at) + (isLeft ? 5 : -5), line + 4, label, `${paint(name)} font-weight="600" text-anchor="${isLeft ? 'start' : 'end'}"`)}`
    }),
    ...dots.map(({ x: dotX, y: dotY, label, colour: name, hollow }, i) => {
      const { left: from, middle } = dotPlaces[i]!
      return `<circle cx="${atX(dotX)}" cy="${atY(dotY)}" r="5" stroke="${colour(name)}" stroke-width="2" ${paint(hollow ? 'surface' : name)}/>${text(round(from), round(middle) + 4, label, `${paint(name)} font-weight="600"`)}`
    }),
    ...entries.map(({ label, colour: name, at, row }) => {
      const line = plotHeight + legendRow * row
      return `<rect x="${at}" y="${line - 9}" width="10" height="10" rx="2" fill="${colour(name)}"/>${text(at + 15, line, label, paint('ink'))}`
    }),
  ]
  return { height, content: parts.join('') }
}

function shapes(
  { series, xs }: Drawn,
  atX: (value: number) => number,
  atY: (value: number) => number,
  colour: Palette,
): string[] {
  const tops = stacked(series)
  const bars = series.filter(({ kind }) => kind === 'bar').length
  return series.map(({ kind, colour: name }, i) => {
    const points = xs.flatMap((x, at) => {
      const value = tops[i]![at]
      return value === null || value === undefined ? [] : [{ x, value, at }]
    })
    if (kind === 'bar') {
      const path = points.flatMap(({ x, value, at }) => {
        const below = i > 0 && i < bars ? (tops[i - 1]![at] ?? 0) : 0
        if (value === below) return []
        const [from, to] = [atX(x - 0.47), atX(x + 0.47)]
        return `M${from} ${atY(below)}V${atY(value)}H${to}V${atY(below)}Z`
      })
      return `<path d="${path.join('')}" fill="${colour(name)}"/>`
    }
    const line = points.map(({ x, value }) => `${atX(x)} ${atY(value)}`).join('L')
    const thin = kind === 'line' ? 'stroke-width="2"' : 'stroke-opacity="0.35"'
    return line === '' ? '' : `<path d="M${line}" fill="none" stroke="${colour(name)}" ${thin}/>`
  })
}

/** The entries of the legend, each with its place: in as many rows as they need. */
function legendOf({ series }: Drawn): (Series & { readonly at: number; readonly row: number })[] {
  let at = left
  let row = 0
  return series
    .filter(({ kind }) => kind === 'bar' || kind === 'line')
    .map((entry) => {
      const length = 15 + entry.label.length * character
      if (at > left && at + length > width - right) {
        at = left
        row++
      }
      const placed = { ...entry, at: round(at), row }
      at += length + 15
      return placed
    })
}

const round = (value: number): number => Math.round(value * 10) / 10
