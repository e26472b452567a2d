import { sum } from '../stats/counts.ts'
import { cellsOf, watchedCells } from './cells.ts'
import { shareInterval } from './confidence.ts'
import { type DesignEffect, designEffectOf } from './design-effect.ts'
import type { Intervals } from './intervals.ts'
import { exits, LifeTable } from './life-table.ts'

/** What happens to idle intervals under a timeout. */
export interface Estimate {
  readonly reuse: number
  readonly low: number
  readonly high: number
  /** Share that still waits when the timeout ends it. */
  readonly waiting: number
  /** How long an interval lasts on average, in ms. */
  readonly waited: number
}

/** All that intervals have to say of other timeouts. Times are for how long a connection is kept, buffer and all, in ms. */
export class Estimator {
  readonly total: number
  /** Of clients that are alike in themselves, and of traffic that varies in time. */
  readonly effects: readonly DesignEffect[]
  readonly #table: LifeTable

  constructor(intervals: Intervals) {
    const cells = cellsOf(intervals)
    const watched = watchedCells(cells, keptOf(intervals))
    this.total = sum(cells.map(exits))
    this.#table = new LifeTable(watched, this.total)
    const { groups, periods, groupBounds, bounds } = intervals
    this.effects = [groups, periods].flatMap((each) => {
      const effect = each && designEffectOf(each, groupBounds ?? bounds, watched)
      return effect ? [effect] : []
    })
  }

  /** The longest wait that there is something to say of; 0 where there is none. */
  get horizon(): number {
    return this.#table.horizon
  }

  /** The bounds of the bins, where nothing has to be guessed, up to the horizon. */
  get times(): number[] {
    return this.#table.knots.slice(1).map(({ at }) => at)
  }

  /** @param time - up to the horizon. */
  at(time: number): Estimate {
    const { here, before, after } = this.#table.at(time)
    return {
      reuse: here.reused,
      low: this.#interval(before)[0],
      high: this.#interval(after)[1],
      waiting: here.waiting,
      waited: here.waited,
    }
  }

  /** How long until intervals last so long on average: `undefined` for never. Beyond the horizon: if no more end. */
  timeOf(waited: number): number | undefined {
    const end = this.at(this.horizon)
    if (waited > end.waited) {
      return end.waiting > 0 ? this.horizon + (waited - end.waited) / end.waiting : undefined
    }
    let [low, high] = [0, this.horizon]
    for (let step = 0; step < 50; step++) {
      const middle = (low + high) / 2
      if (this.#table.at(middle).here.waited > waited) high = middle
      else low = middle
    }
    return low
  }

  /** The widest of all that the effects give: clients may be alike, or the traffic may vary in time. */
  #interval({ at, reused, variance }: Knot): readonly [low: number, high: number] {
    const plain = shareInterval(reused, variance, this.total, Number.POSITIVE_INFINITY)
    const all = this.effects.map((effect) =>
      shareInterval(reused, variance * effect.at(at), this.total, effect.freedom),
    )
    if (all.length === 0) return plain
    return [Math.min(...all.map(([low]) => low)), Math.max(...all.map(([, high]) => high))]
  }
}

interface Knot {
  readonly at: number
  readonly reused: number
  readonly variance: number
}

/** How long idle connections were kept, in ms; `undefined` where that is not known, or there was no end to it. */
function keptOf({ keepAliveTimeout, keepAliveTimeoutBuffer }: Intervals): number | undefined {
  return keepAliveTimeout ? keepAliveTimeout + (keepAliveTimeoutBuffer ?? 0) : undefined
}
