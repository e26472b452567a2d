/** One bin of idle intervals. Times in ms. */
export interface Cell {
  readonly from: number
  readonly to: number
  /** Intervals that a request ended. */
  readonly reused: number
  readonly clientClosed: number
  /** Intervals of which nothing more is known: they were cut off, or are still open. */
  readonly cutOff: number
  /** Where in the bin these intervals were cut off, on average, from 0 to 1. */
  readonly cutAt: number
  /** Where in the bin the clients closed, on average, from 0 to 1. */
  readonly closedAt: number
}

/** The estimates at the beginning of a cell, or at the end of the last one. */
export interface Knot {
  /** In ms. */
  readonly at: number
  /** S: the share of intervals that have not ended. */
  readonly waiting: number
  /** R: the share that a request has ended. */
  readonly reused: number
  /** The variance of R, if intervals are independent. */
  readonly variance: number
  /** ∫ S dt up to here, in ms. */
  readonly waited: number
}

/** The shares of the intervals at the beginning of a cell that end in it. */
interface Step {
  /** By anything. */
  readonly ended: number
  readonly reused: number
}

/**
 * The cumulative incidence of reuse from counts by bin: the Aalen–Johansen estimator on grouped times. The client's close
 * is a competing risk, and everything else is censoring. An interval that is cut off within a bin counts for the part of
 * the bin before the cut (the life table of Cutler and Ederer, 1958, takes half).
 *
 * The variance is that of Marubini and Valsecchi, "Analysing Survival Data from Clinical Trials and Observational
 * Studies" (1995), section 10.2.3, by the delta method. If nothing is cut off it equals the binomial variance.
 */
export class LifeTable {
  readonly knots: readonly Knot[]
  readonly #steps: readonly Step[]

  /**
   * @param cells - without gaps between them, the first from 0.
   * @param total - the number of all intervals, also of those that end after the last cell.
   */
  constructor(cells: readonly Cell[], total: number) {
    const knots: Knot[] = [{ at: 0, waiting: 1, reused: 0, variance: 0, waited: 0 }]
    const steps: Step[] = []
    let atRisk = total
    const variance = new Variance()
    for (const cell of cells) {
      const exposed = exposedOf(cell, atRisk)
      const { waiting, reused, waited } = knots.at(-1)!
      const [byRequest, byClient] =
        exposed > 0 ? [cell.reused / exposed, cell.clientClosed / exposed] : [0, 0]
      const ended = Math.min(1, byRequest + byClient)
      const lived = 1 - ended + byRequest * meanPosition(cell) + byClient * cell.closedAt
      const now = reused + waiting * byRequest
      if (exposed > 0) variance.add(cell.reused, cell.clientClosed, exposed, waiting, now)
      steps.push({ ended, reused: byRequest })
      knots.push({
        at: cell.to,
        waiting: waiting * (1 - ended),
        reused: now,
        variance: variance.of(now),
        waited: waited + waiting * lived * (cell.to - cell.from),
      })
      atRisk -= exits(cell)
    }
    this.knots = knots
    this.#steps = steps
  }

  /** The longest wait with an estimate, in ms. */
  get horizon(): number {
    return this.knots.at(-1)!.at
  }

  /**
   * The estimates at a time up to the horizon. Within a bin the risks are assumed to be constant.
   *
   * @returns the estimates, and the knots before and after. All three are the same at a knot.
   */
  at(time: number): { readonly here: Knot; readonly before: Knot; readonly after: Knot } {
    const { knots } = this
    const next = knots.findIndex(({ at }) => at >= time)
    const after = knots[next] ?? knots.at(-1)!
    if (next <= 0 || after.at === time) return { here: after, before: after, after }
    const before = knots[next - 1]!
    const { ended } = this.#steps[next - 1]!
    const part = (time - before.at) / (after.at - before.at)
    // The share of the bin's ends that lie in this part of it.
    const done = ended > 0 && ended < 1 ? (1 - (1 - ended) ** part) / ended : part
    const between = (name: 'waiting' | 'reused' | 'variance' | 'waited'): number =>
      before[name] + (after[name] - before[name]) * done
    const here = {
      at: time,
      waiting: between('waiting'),
      reused: between('reused'),
      variance: between('variance'),
      waited: between('waited'),
    }
    return { here, before, after }
  }
}

export function exits({ reused, clientClosed, cutOff }: Cell): number {
  return reused + clientClosed + cutOff
}

/** How many intervals are exposed to the risks of a cell. Those cut off in it count for a part. */
export function exposedOf({ cutOff, cutAt }: Cell, atRisk: number): number {
  return atRisk - cutOff * (1 - cutAt)
}

/** Where in a bin the ends lie on average, if they are spread evenly over the logarithm of time. */
function meanPosition({ from, to }: Cell): number {
  if (from === 0) return 0.5
  const ratio = to / from
  return 1 / Math.log(ratio) - 1 / (ratio - 1)
}

/**
 * Σ (R − Rⱼ)² dⱼ / (nⱼ (nⱼ − dⱼ)) + Σ Sⱼ₋₁² rⱼ (nⱼ − rⱼ) / nⱼ³ − 2 Σ (R − Rⱼ) Sⱼ₋₁ rⱼ / nⱼ². Of nⱼ exposed intervals,
 * dⱼ end, rⱼ of them by a request. The powers of R are expanded, so that one pass is enough.
 */
class Variance {
  #a = 0
  #aR = 0
  #aRR = 0
  #b = 0
  #c = 0
  #cR = 0

  add(reused: number, clientClosed: number, exposed: number, waiting: number, incidence: number): void {
    const ended = reused + clientClosed
    // After the last end R no longer changes, and the factor before it is 0.
    const a = ended < exposed ? ended / (exposed * (exposed - ended)) : 0
    const c = (waiting * reused) / exposed ** 2
    this.#a += a
    this.#aR += a * incidence
    this.#aRR += a * incidence ** 2
    this.#b += (waiting ** 2 * reused * (exposed - reused)) / exposed ** 3
    this.#c += c
    this.#cR += c * incidence
  }

  of(incidence: number): number {
    const spread = incidence ** 2 * this.#a - 2 * incidence * this.#aR + this.#aRR
    // Below 0 because of rounding.
    return Math.max(0, spread + this.#b - 2 * (incidence * this.#c - this.#cR))
  }
}
