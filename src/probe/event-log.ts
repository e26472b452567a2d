import type { Clock } from '../clock.ts'
import type { TimelineEvent } from '../timeline.ts'
import type { ProbeTimeline } from './report.ts'

/** Events kept: this many from the beginning, and as many from the end. */
const kept = 24

/** The events of one connection, bounded. */
export class EventLog {
  readonly #clock: Clock
  readonly #began: number
  readonly #first: TimelineEvent[] = []
  readonly #last: TimelineEvent[] = []
  #omitted = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#began = clock.now()
  }

  note(event: TimelineEvent['event'], more: Pick<TimelineEvent, 'by' | 'detail'> = {}): void {
    const entry = { at: this.#clock.now() - this.#began, event, ...more }
    if (this.#first.length < kept) {
      this.#first.push(entry)
      return
    }
    this.#last.push(entry)
    if (this.#last.length > kept) {
      this.#last.shift()
      this.#omitted++
    }
  }

  kept(): Omit<ProbeTimeline, 'title'> {
    return { events: this.#first, omitted: this.#omitted, last: this.#last }
  }
}
