const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** `12,400`. */
export function number(value: number): string {
  return whole.format(value)
}

/** `12.4K`, for axes. */
export function compact(value: number): string {
  return value < 10_000 ? whole.format(value) : short.format(value)
}

/** `0`, `0.04`, `3.2`, `120`: three digits of a rate. */
export function rate(value: number): string {
  if (value === 0) return '0'
  if (value >= 100) return whole.format(value)
  return String(Number(value.toPrecision(value < 1 ? 2 : 3)))
}

/** `97 %`, `99.8 %`; never 100 % for less than all, nor 0 % for something. */
export function percent(share: number): string {
  const points = share * 100
  if (points === 0 || points === 100) return `${points} %`
  if (points > 99) return `${Math.min(99.9, Number(points.toFixed(1)))} %`
  return points >= 10 ? `${Math.round(points)} %` : `${Number(points.toPrecision(2))} %`
}

/** `350 ms`, `4.5 s`, `65 s`, `5 min`, `2 h 20 min`. */
export function time(ms: number): string {
  if (ms < 999.5) return `${Number(ms.toPrecision(3))} ms`
  const seconds = ms / 1_000
  if (seconds < 119.5) return `${Number(seconds.toPrecision(seconds < 10 ? 2 : 3))} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  if (hours >= 48) return `${Math.floor(hours / 24)} d`
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`
}

/** `812 B`, `4.8 kB`, `1.2 MB`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000
    unit++
  }
  return `${unit === 0 ? value : Number(value.toPrecision(value < 99.5 ? 2 : 3))} ${units[unit]}`
}

/** `14:03:07`. */
export function clock(unix: number): string {
  return new Date(unix).toLocaleTimeString('en-GB')
}

/** `1 request`, `2,400 requests`. */
export function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`
}
