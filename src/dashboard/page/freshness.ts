import { duration } from '../../words.ts'
import { byId, setText } from './dom.ts'
import { clock } from './format.ts'

/** Updates come once a second: so long without one, in ms, and the numbers are old. */
const maxAge = 4_000

/** Says how old the numbers are once no update comes, and dims them: they must not look live. */
export class Freshness {
  readonly #banner = byId('stale')
  readonly #main = byId('numbers')
  readonly #now: () => number
  /** By the server's clock, as the update says. */
  #takenAt = 0
  #cameAt: number | undefined

  /** @param now - monotonic, in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    setInterval(() => this.look(), 1_000)
  }

  updated(takenAt: number): void {
    this.#takenAt = takenAt
    this.#cameAt = this.#now()
    this.look()
  }

  look(): void {
    if (this.#cameAt === undefined) return
    const age = this.#now() - this.#cameAt
    const isOld = age > maxAge
    this.#banner.hidden = !isOld
    this.#main.toggleAttribute('data-stale', isOld)
    if (isOld)
      setText(
        this.#banner,
        `No update for ${duration(Math.floor(age / 1_000) * 1_000)}: the server is gone, or cannot be reached. These numbers are of ${clock(this.#takenAt)}.`,
      )
  }
}
