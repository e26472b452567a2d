import { quote } from '../../errors.ts'
import { Misuse } from './failure.ts'

const times: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
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

/** `15s`, in ms. Without a unit nobody knows whether it is seconds or ms. */
export function duration(name: string, text: string): number {
  return quantity(name, text, times, 'a time with its unit, such as 15s')
}

/** `512MB`, in bytes. */
export function size(name: string, text: string): number {
  return quantity(name, text, sizes, 'a size with its unit, such as 512MB')
}

export function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new Misuse(`${name} must be a whole number, got ${quote(text)}`, 'such as 1000')
  return Number(text)
}

/** `0.95`, or `95%`. */
export function share(name: string, text: string): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)\s?(%?)$/.exec(text) ?? []
  const value = Number(digits) / (percent ? 100 : 1)
  if (!(value >= 0 && value <= 1))
    throw new Misuse(`${name} must be a share from 0 to 1, got ${quote(text)}`, 'such as 0.9 or 90%')
  return value
}

function quantity(name: string, text: string, units: Readonly<Record<string, number>>, what: string): number {
  const [, digits, unit = ''] = /^(\d{1,15}(?:\.\d{1,9})?)\s?([A-Za-z]{1,3})$/.exec(text) ?? []
  if (digits === undefined || !Object.hasOwn(units, unit))
    throw new Misuse(
      `${name} must be ${what}, got ${quote(text)}`,
      `units are ${Object.keys(units).join(', ')}`,
    )
  return Math.round(Number(digits) * units[unit]!)
}
