import type { IdleTimeout } from './report.ts'

/** The middle one, or the upper of the two; `undefined` of none. */
export function median(numbers: readonly number[]): number | undefined {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
}

/** ms to a hundredth: what is beyond is noise. */
export function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}

/** What a measured idle timeout may be off by, in ms: a hundredth of it, or 100 ms. */
export function errorOf(timeout: number): number {
  return Math.max(100, timeout / 100)
}

/** Whether idle connections were not closed by one timer: some stayed open, or the times differ by more than the error. */
export function isUneven({ samples, open }: Pick<IdleTimeout, 'samples' | 'open'>): boolean {
  if (samples.length === 0) return false
  return open > 0 || samples.at(-1)! - samples[0]! > 2 * errorOf(median(samples)!)
}
