import { Allowance } from '../allowance.ts'
import { List } from '../pool/list.ts'
import type { TimelineEvent } from '../timeline.ts'
import { type Followed, Timeline } from './timeline.ts'

/** Timelines that are kept: of the connections that are open, those opened last; of the others, those closed last. */
const most = 256
const maxOpen = 192

/** So many connections at once get a timeline, then one each millisecond: faster than that the timelines are of a sample. */
const followedAtOnce = 1_000

/**
 * The timelines of the connections seen last. However many there are, and whatever they do, its size is bounded, and
 * many short lives cost no memory: each is written over an old one.
 */
export class Timelines {
  // No maps, for the reason that OpenSet is no Set.
  readonly #open = new List<Timeline>()
  readonly #closed = new List<Timeline>()
  readonly #allowance = new Allowance(followedAtOnce)

  /**
   * Begins a connection's timeline; where there are too many, that of the one opened first is given up.
   *
   * @returns `undefined` where connections come too fast.
   */
  follow(connection: Followed): Timeline | undefined {
    if (!this.#allowance.take(connection.openedAt)) return undefined
    const timeline = this.#reuseOrMake()
    timeline.begin(connection)
    this.#open.add(timeline)
    return timeline
  }

  /** A connection has closed: its timeline is kept for a while. */
  close(timeline: Timeline): void {
    this.#open.remove(timeline)
    timeline.connection = undefined
    this.#closed.add(timeline)
  }

  /** @returns `undefined` where there is none, or none any more. */
  of(id: number): TimelineEvent[] | undefined {
    for (const timeline of [...this.#open, ...this.#closed]) if (timeline.id === id) return timeline.events()
    return undefined
  }

  #reuseOrMake(): Timeline {
    const { first: opened, size } = this.#open
    if (opened && size === maxOpen) {
      this.#open.remove(opened)
      opened.connection?.timelineLost()
      return opened
    }
    const { first: closed } = this.#closed
    if (!closed || size + this.#closed.size < most) return new Timeline()
    this.#closed.remove(closed)
    return closed
  }
}
