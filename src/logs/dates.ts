import { whole } from './text.ts'

/**
 * Reads a server's date without creating strings: `27/Nov/2026:05:47:04 +0000` as in the common log format,
 * `2026-11-27T05:47:04.917Z` as in ISO 8601, each with or without a fraction, a zone and brackets.
 *
 * A date without a zone counts as UTC: only differences matter.
 *
 * @returns Unix ms; NaN for anything else.
 */
export function dateAt(line: string, start: number, end: number): number {
  const inBrackets = line.charCodeAt(start) === 91 && line.charCodeAt(end - 1) === 93
  const [from, to] = inBrackets ? [start + 1, end - 1] : [start, end]
  if (line.charCodeAt(from + 2) === slash) {
    const day = whole(line, from, from + 2)
    const month = monthAt(line, from + 3)
    return timeOn(whole(line, from + 7, from + 11), month, day, line, from + 12, to)
  }
  const [year, month, day] = [
    whole(line, from, from + 4),
    whole(line, from + 5, from + 7),
    whole(line, from + 8, from + 10),
  ]
  return timeOn(year, month, day, line, from + 11, to)
}

/** Whether a text begins with a date, not with a number of seconds. */
export function isDate(line: string, start: number, to: number): boolean {
  const from = line.charCodeAt(start) === 91 ? start + 1 : start
  return to - from >= 19 && (line.charCodeAt(from + 2) === slash || line.charCodeAt(from + 4) === minus)
}

const slash = 47
const minus = 45
const plus = 43
const point = 46
const space = 32

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function monthAt(line: string, at: number): number {
  for (let i = 0; i < months.length; i++) if (line.startsWith(months[i]!, at)) return i + 1
  return Number.NaN
}

/** `05:47:04`, a fraction, and a zone. */
function timeOn(year: number, month: number, day: number, line: string, from: number, to: number): number {
  const hours = whole(line, from, from + 2)
  const minutes = whole(line, from + 3, from + 5)
  const seconds = whole(line, from + 6, from + 8)
  const exists =
    to >= from + 8 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hours < 24 && minutes < 60
  if (!exists || !(seconds <= 60)) return Number.NaN
  let at = from + 8
  let fraction = 0
  if (line.charCodeAt(at) === point && at < to) {
    for (let unit = 100; ++at < to; unit /= 10) {
      const digit = line.charCodeAt(at) - 48
      if (digit < 0 || digit > 9) break
      fraction += digit * unit
    }
  }
  return Date.UTC(year, month - 1, day, hours, minutes, seconds) + fraction - zoneAt(line, at, to)
}

/** `Z`, `+01:00`, ` +0100` or nothing, in ms. */
function zoneAt(line: string, start: number, to: number): number {
  if (start === to || (start + 1 === to && line.charCodeAt(start) === 90)) return 0
  const from = line.charCodeAt(start) === space ? start + 1 : start
  const sign = line.charCodeAt(from)
  if (sign !== plus && sign !== minus) return Number.NaN
  const colon = to - from === 6 ? 1 : 0
  if (to - from !== 5 + colon) return Number.NaN
  const minutes = whole(line, from + 1, from + 3) * 60 + whole(line, from + 3 + colon, to)
  return (sign === plus ? minutes : -minutes) * 60_000
}
