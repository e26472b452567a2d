import type { WorkersLine } from '../messages.ts'

/** Whose connections the page lists, where there are several workers: each has connections of its own. */
class ShownWorker {
  #pid: number | undefined
  readonly #listeners: (() => void)[] = []

  get pid(): number | undefined {
    return this.#pid
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  choose(pid: number): void {
    this.#pid = pid
    for (const listener of this.#listeners) listener()
  }

  /** @param serving - the worker that serves the page. */
  update(workers: WorkersLine | undefined, serving: number): void {
    if (!workers) this.#pid = undefined
    else if (!workers.rows.some(({ pid }) => pid === this.#pid)) this.choose(serving)
  }

  /** A URL of something that each worker knows of its own connections alone. */
  urlOf(url: string): string {
    if (this.#pid === undefined) return url
    return `${url}${url.includes('?') ? '&' : '?'}worker=${this.#pid}`
  }
}

export const shownWorker: ShownWorker = new ShownWorker()
