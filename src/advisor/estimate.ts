import { sum } from '../stats/counts.ts'
import { cellsOf, watchedCells } from './cells.ts'
import { shareInterval } from './confidence.ts'
import { combinedEffect, type DesignEffect, designEffectOf } from './design-effect.ts'
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
  readonly effect: DesignEffect | undefined
  readonly #table: LifeTable

  constructor(intervals: Intervals) {
    const cells = cellsOf(intervals)
    const watched = watchedCells(cells, keptOf(intervals))
    this.total = sum(cells.map(exits))
    this.#table = new LifeTable(watched, this.total)
    const { groups, periods, groupBounds, bounds } = intervals
    const effects = [groups, periods].map(
      (each) => each && designEffectOf(each, groupBounds ?? bounds, watched),
    )
    this.effect = combinedEffect(effects.filter((effect) => effect !== undefined))
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

  #interval({ at, reused, variance }: { at: number; reused: number; variance: number }) {
    const freedom = this.effect?.freedom ?? Number.POSITIVE_INFINITY
    return shareInterval(reused, variance * (this.effect?.at(at) ?? 1), this.total, freedom)
  }
}

/** How long idle connections were kept, in ms; `undefined` where that is not known, or there was no end to it. */
function keptOf({ keepAliveTimeout, keepAliveTimeoutBuffer }: Intervals): number | undefined {
  return keepAliveTimeout ? keepAliveTimeout + (keepAliveTimeoutBuffer ?? 0) : undefined
}
