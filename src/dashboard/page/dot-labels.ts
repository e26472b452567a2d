/** A point, and how wide its label is. */
export interface Dotted {
  readonly x: number
  readonly y: number
  readonly width: number
}

export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Half of a label's height, and a dot's radius with its line, in CSS pixels. */
const halfLine = 8
const dotRadius = 7

/**
 * Gives the label of each dot a place near to it, within bounds, where it covers neither another label nor a dot.
 *
 * @param ratio - device pixels to a CSS pixel, where the places are in those.
 */
export function dotLabels(
  dots: readonly Dotted[],
  bounds: Box,
  ratio = 1,
): readonly { readonly left: number; readonly middle: number }[] {
  const radius = dotRadius * ratio
  const taken: Box[] = dots.map(({ x, y }) => ({
    left: x - radius,
    right: x + radius,
    top: y - radius,
    bottom: y + radius,
  }))
  return dots.map(({ x, y, width }) => {
    const half = halfLine * ratio
    // Nearest first: below and above, to either side; then a line further away, and so on.
    const places = [1, 2, 3, 4, 5].flatMap((line) => {
      const away = radius + half * (2 * line - 1)
      return [y + away, y - away].flatMap((middle) =>
        [x, x - width, x - width / 2].map((left) => ({ left, middle })),
      )
    })
    const boxOf = ({ left, middle }: (typeof places)[number]): Box => ({
      left,
      right: left + width,
      top: middle - half,
      bottom: middle + half,
    })
    const isFree = (box: Box): boolean => isWithin(box, bounds) && !taken.some((other) => meet(box, other))
    const place = places.find((each) => isFree(boxOf(each))) ?? places[0]!
    taken.push(boxOf(place))
    return place
  })
}

const meet = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

const isWithin = (inner: Box, outer: Box): boolean =>
  inner.left >= outer.left &&
  inner.right <= outer.right &&
  inner.top >= outer.top &&
  inner.bottom <= outer.bottom
