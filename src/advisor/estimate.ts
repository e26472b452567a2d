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
  /** Share of the intervals that still wait when the timeout ends them. */
  readonly waiting: number
  /** Average length of an interval, in ms. */
  readonly waited: number
}

/** Estimates for other timeouts from idle intervals. Times say how long a connection is kept, with the buffer, in ms. */
export class Estimator {
  readonly total: number
  /** From clients whose gaps are alike, and from traffic that varies in time. */
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

  /** The longest wait with an estimate; 0 if there is none. */
  get horizon(): number {
    return this.#table.horizon
  }

  /** The bounds of the bins up to the horizon: here the estimates need no interpolation. */
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

  /** The timeout at which intervals last `waited` on average; `undefined` for never. Beyond the horizon none is assumed to end. */
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

/** How long the server kept idle connections, in ms; `undefined` if unknown or without a limit. */
function keptOf({ keepAliveTimeout, keepAliveTimeoutBuffer }: Intervals): number | undefined {
  return keepAliveTimeout ? keepAliveTimeout + (keepAliveTimeoutBuffer ?? 0) : undefined
}
