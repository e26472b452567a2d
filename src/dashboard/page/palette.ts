import type { Palette } from './colour.ts'

/** How much of a colour is left at each step. */
const steps = [1, 0.72, 0.52, 0.38, 0.28]

/** The colours as they are now. */
export function palette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const plain = (token: string): string => style.getPropertyValue(`--${token}`).trim()
  return (colour) => {
    const [token = '', step = '0'] = colour.split('/')
    const left = steps[Math.min(Number(step), steps.length - 1)]!
    return left === 1 ? plain(token) : mix(plain(token), plain('surface'), left)
  }
}

function mix(one: string, other: string, share: number): string {
  const a = channels(one)
  const b = channels(other)
  return `rgb(${a.map((value, i) => Math.round(value * share + b[i]! * (1 - share))).join(' ')})`
}

const channels = (hex: string): number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
