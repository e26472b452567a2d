import { duration } from '../../words.ts'
import { clock } from './format.ts'

/** Updates come once a second: so long without one, in ms, and the numbers are old. */
const maxAge = 4_000

/** What the numbers are. */
export type Age = 'live' | 'paused' | 'stale'

/**
 * What the banner says of the numbers.
 *
 * @param age - since the last update, in ms.
 * @param waited - for the next update, in ms: less than `age` where the page did not ask for updates in between.
 * @param takenAt - of the numbers: Unix time in ms.
 */
export function ageOf(
  isPaused: boolean,
  age: number,
  waited: number,
  takenAt: number,
): { readonly state: Age; readonly text: string } {
  const seconds = duration(Math.floor(age / 1_000) * 1_000)
  const of = `These numbers are of ${clock(takenAt)}.`
  if (isPaused) return { state: 'paused', text: `Paused. ${of} They are ${seconds} old.` }
  if (waited <= maxAge) return { state: 'live', text: '' }
  return {
    state: 'stale',
    text: `No update for ${seconds}: the server is gone, or cannot be reached. ${of}`,
  }
}
