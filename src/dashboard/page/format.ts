import { number } from '../../words.ts'

const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** `12.5`, `12.4K`, for axes. */
export function compact(value: number): string {
  return value < 10_000 ? number(value, 3) : short.format(value)
}

/** `14:03:07`. */
export function clock(unix: number): string {
  return new Date(unix).toLocaleTimeString('en-GB')
}
