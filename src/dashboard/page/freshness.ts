import { duration } from '../../words.ts'
import { byId, setText } from './dom.ts'
import { clock } from './format.ts'
import { pause } from './pause.ts'

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

/** Says how old the numbers are once no update comes, and marks them: they must not look live. */
export class Freshness {
  readonly #banner = byId('stale')
  readonly #main = byId('numbers')
  readonly #now: () => number
  /** By the server's clock, as the update says. */
  #takenAt = 0
  #cameAt: number | undefined
  /** Since when the page waits for the next update. */
  #waitsSince = 0

  /** @param now - monotonic, in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    setInterval(() => this.look(), 1_000)
  }

  updated(takenAt: number): void {
    this.#takenAt = takenAt
    this.#cameAt = this.#now()
    this.asked()
  }

  /** The page asks for updates, or has stopped. */
  asked(): void {
    this.#waitsSince = this.#now()
    this.look()
  }

  look(): void {
    if (this.#cameAt === undefined) return
    const now = this.#now()
    const { state, text } = ageOf(pause.isOn, now - this.#cameAt, now - this.#waitsSince, this.#takenAt)
    this.#banner.hidden = state === 'live'
    this.#banner.dataset.state = state
    this.#main.toggleAttribute('data-stale', state === 'stale')
    this.#main.toggleAttribute('data-paused', state === 'paused')
    if (state !== 'live') setText(this.#banner, text)
  }
}
