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

/** The units of times and of sizes. */
export const timeUnits: readonly string[] = Object.keys(times)
export const sizeUnits: readonly string[] = Object.keys(sizes)

/**
 * Reads a time such as `15s` or `1.5 h`, in ms with three decimals; `undefined` if the text is not a time. The unit is
 * required: a bare number could be seconds or ms.
 */
export function readTime(text: string): number | undefined {
  const ms = withUnit(text, times)
  return ms === undefined ? undefined : Math.round(ms * 1_000) / 1_000
}

/** Reads a size such as `512MB` in whole bytes; `undefined` if the text is not a size with a unit. */
export function readSize(text: string): number | undefined {
  const bytes = withUnit(text, sizes)
  return bytes === undefined ? undefined : Math.round(bytes)
}

/** Reads a share such as `0.95` or `95%`, from 0 to 1; `undefined` if the text is not a share. */
export function readShare(text: string): number | undefined {
  const [, digits, percent] = /^(\d{1,9}(?:\.\d{1,15})?)\s?(%?)$/.exec(text) ?? []
  const share = Number(digits) / (percent ? 100 : 1)
  return share >= 0 && share <= 1 ? share : undefined
}

/** Reads a whole number such as `1000`; `undefined` if the text is not a whole number, 0 or more. */
export function readWholeNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function withUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,12}(?:\.\d{1,9})?)\s?([A-Za-z]{1,3})$/.exec(text) ?? []
  return digits !== undefined && Object.hasOwn(units, unit) ? Number(digits) * units[unit]! : undefined
}
