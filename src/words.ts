/** Formats numbers, times and texts for sentences, tables and charts. Needs nothing from Node: the page uses it too. */

/** Significant digits that are written where there is a fraction: two, or three where the third matters. */
export type Digits = 2 | 3

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const rounded: Readonly<Record<Digits, Intl.NumberFormat>> = {
  2: new Intl.NumberFormat('en', { maximumSignificantDigits: 2 }),
  3: new Intl.NumberFormat('en', { maximumSignificantDigits: 3 }),
}

/** `0`, `0.045`, `3.2`, `12`, `12,400`. Whole numbers keep all digits. */
export function number(value: number, digits: Digits = 2): string {
  const isWhole = Math.abs(value) >= 10 ** digits - 0.5
  return (isWhole ? whole : rounded[digits]).format(value)
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** Formats a time: `2.2 ms`, `350 ms`, `4.5 s`, `65 s`, `5 min 50 s`, `1 h 10 s`, `5 d 18 h`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${number(ms)} ms`
  if (ms < 119_500) return `${Number((ms / 1_000).toPrecision(ms < 99_950 ? 3 : 4))} s`
  // Precise to the second up to a day, to the minute up to ten days, to the hour beyond.
  const finest = ms < 86_400_000 ? 1 : ms < 864_000_000 ? 60 : 3_600
  let rest = Math.round(ms / 1_000 / finest) * finest
  const parts: string[] = []
  for (const [name, length] of units) {
    const times = Math.floor(rest / length)
    rest -= times * length
    if (times > 0) parts.push(`${number(times)} ${name}`)
  }
  return parts.join(' ')
}

/** A time in two digits, where it is a measured one: `6 s` for 5.98. */
export function roughly(ms: number): string {
  return duration(Number(ms.toPrecision(2)))
}

/**
 * Formats a share: `0.04%`, `5.3%`, `83%`, `99.7%`. Never 0% for something, never 100% for less than all.
 *
 * @param digits - significant digits: three in a table whose rows differ in the third.
 */
export function percent(share: number, digits: Digits = 2): string {
  const points = share * 100
  if (points > 0 && points < 0.001) return 'under 0.001%'
  // A sum of shares may miss 100% by a rounding error.
  if (points > 99.9 && points < 100 - 1e-9) return 'over 99.9%'
  // Near 100%, the missing part matters.
  return `${number(points, points > 99 ? 3 : digits)}%`
}

/** `812 B`, `4.8 kB`, `1.2 MB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let rest = value
  let unit = 0
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1_000
    unit++
  }
  return `${number(rest)} ${units[unit]}`
}

/** A share for evidence, with three digits. */
export function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Number((part / whole).toPrecision(3))
}

/** `1 request`, `2,400 requests`, `3 addresses`. */
export function count(value: number, noun: string): string {
  if (value === 1) return `1 ${noun}`
  return `${number(value)} ${noun}${noun.endsWith('s') ? 'es' : 's'}`
}

/** Cuts a text to a maximum length. An ellipsis shows the cut. */
export function cut(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}…` : text
}

/** Makes a text safe to print on one line: escapes controls, bidi overrides, line separators and lone surrogates. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`)
}

/** JSON that is safe to print: escapes the same characters as `printable`, in JSON's own notation, so the value stays the same. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, (c) =>
    Array.from({ length: c.length }, (_, i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  )
}
