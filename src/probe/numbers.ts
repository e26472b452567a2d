import type { IdleTimeout } from './report.ts'

/** The median, or the upper of two medians; `undefined` for an empty list. */
export function median(numbers: readonly number[]): number | undefined {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
}

/** ms to a hundredth: finer digits are noise. */
export function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}

/** The error of a measured idle timeout, in ms: 1%, or 100 ms. */
export function errorOf(timeout: number): number {
  return Math.max(100, timeout / 100)
}

/** Whether more than one timer closed the idle connections: some stayed open, or the times differ by more than the error. */
export function isUneven({ samples, open }: Pick<IdleTimeout, 'samples' | 'open'>): boolean {
  if (samples.length === 0) return false
  return open > 0 || samples.at(-1)! - samples[0]! > 2 * errorOf(median(samples)!)
}
