const times: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const sizes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
}

/** The units that a time may have, and a size. */
export const timeUnits: readonly string[] = Object.keys(times)
export const sizeUnits: readonly string[] = Object.keys(sizes)

/**
 * `15s`, `1.5 h` in ms, to a thousandth of one; `undefined` for what is no time. A unit there must be: without one
 * it may be seconds or ms.
 */
export function readTime(text: string): number | undefined {
  const ms = withUnit(text, times)
  return ms === undefined ? undefined : Math.round(ms * 1_000) / 1_000
}

/** `512MB` in whole bytes; `undefined` for what is no size with its unit. */
export function readSize(text: string): number | undefined {
  const bytes = withUnit(text, sizes)
  return bytes === undefined ? undefined : Math.round(bytes)
}

/** `0.95` or `95%` as a share from 0 to 1; `undefined` for what is none. */
export function readShare(text: string): number | undefined {
  const [, digits, percent] = /^(\d{1,9}(?:\.\d{1,15})?)\s?(%?)$/.exec(text) ?? []
  const share = Number(digits) / (percent ? 100 : 1)
  return share >= 0 && share <= 1 ? share : undefined
}

/** `1000`; `undefined` for what is no whole number from 0 on. */
export function readWholeNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function withUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,12}(?:\.\d{1,9})?)\s?([A-Za-z]{1,3})$/.exec(text) ?? []
  return digits !== undefined && Object.hasOwn(units, unit) ? Number(digits) * units[unit]! : undefined
}
