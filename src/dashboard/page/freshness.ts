import { ageOf } from './age.ts'
import { byId, setText } from './dom.ts'
import { pause } from './pause.ts'

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

  /** The page asks for updates from now on, or has stopped to ask. */
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
