/** Reading numbers off a part of a line, without making strings of it: that would be most of the work. */

const zero = 48
const nine = 57
const point = 46

/** A decimal number without sign or exponent, up to 2^53; NaN for anything else. */
export function decimal(line: string, from: number, to: number): number {
  if (from >= to) return Number.NaN
  let digits = 0
  let scale = 0
  for (let i = from; i < to; i++) {
    const code = line.charCodeAt(i)
    if (code >= zero && code <= nine) {
      digits = digits * 10 + (code - zero)
      scale *= 10
    } else if (code === point && scale === 0 && to - from > 1) scale = 1
    else return Number.NaN
  }
  const value = scale === 0 ? digits : digits / scale
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN
}

/** A number of digits alone: `0.000` is a time, and no count. */
export function whole(line: string, from: number, to: number): number {
  if (from >= to) return Number.NaN
  let value = 0
  for (let i = from; i < to; i++) {
    const code = line.charCodeAt(i)
    if (code < zero || code > nine) return Number.NaN
    value = value * 10 + (code - zero)
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN
}

/**
 * A number for a text, the same one for the same text: FNV-1a twice, of 53 bits together. Of a million texts two have the same
 * one with a probability of 1 in 18,000.
 */
export function hash(line: string, from: number, to: number, seed = 0): number {
  let high = 0x811c9dc5 ^ seed
  let low = 0x1b873593 ^ seed
  for (let i = from; i < to; i++) {
    const code = line.charCodeAt(i)
    high = Math.imul(high ^ code, 0x01000193)
    low = Math.imul(low ^ code, 0x85ebca6b)
    low ^= low >>> 15
  }
  return (high >>> 11) * 0x100000000 + (low >>> 0)
}

/** A copy: a part of a text keeps the whole text in memory, and that is the part of the file that was read at a time. */
export const detached = (text: string): string => ` ${text}`.slice(1)
