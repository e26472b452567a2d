import { pause } from './pause.ts'
import { shownWorker } from './shown-worker.ts'

/** Between two looks, in ms. */
const pollEvery = 5_000

/**
 * Asks for JSON while its place on the page is seen and the page is not paused, and whenever it is told to. The latest
 * question wins.
 */
export class Poll<Answer> {
  readonly #url: () => string
  readonly #take: (answer: Answer) => void
  readonly #fail: (why: string) => void
  #isSeen = false
  #hasAsked = false
  #asking: AbortController | undefined

  constructor(
    place: Element,
    url: () => string,
    take: (answer: Answer) => void,
    fail: (why: string) => void,
  ) {
    this.#url = url
    this.#take = take
    this.#fail = fail
    new IntersectionObserver(([entry]) => {
      const wasSeen = this.#isSeen
      this.#isSeen = entry?.isIntersecting ?? false
      // What has never been read is read once, also in a pause.
      if (!wasSeen && this.#isSeen && !this.#hasAsked) void this.ask()
      else if (!wasSeen) this.#refresh()
    }).observe(place)
    setInterval(() => {
      if (document.visibilityState === 'visible') this.#refresh()
    }, pollEvery)
    pause.onChange(() => this.#refresh())
    shownWorker.onChange(() => this.#isSeen && void this.ask())
  }

  #refresh(): void {
    if (this.#isSeen && !pause.isOn) void this.ask()
  }

  async ask(): Promise<void> {
    this.#hasAsked = true
    this.#asking?.abort()
    const asking = new AbortController()
    this.#asking = asking
    try {
      const response = await fetch(shownWorker.urlOf(this.#url()), { signal: asking.signal })
      if (!response.ok) throw new Error(`HTTP ${response.status}`)
      const answer = (await response.json()) as Answer
      if (!asking.signal.aborted) this.#take(answer)
    } catch (error) {
      if (!asking.signal.aborted) this.#fail(error instanceof Error ? error.message : String(error))
    }
  }
}
