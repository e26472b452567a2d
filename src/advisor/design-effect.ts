import { type Counts, coarseCells, totalOf } from './cells.ts'
import type { GroupCounts } from './intervals.ts'
import { type Cell, LifeTable } from './life-table.ts'

/** With fewer groups, chance cannot be told from dependence. */
const minGroups = 4

/** With fewer reuses by a time, the groups say nothing about it. */
const minReuses = 20

/** By which factor dependent intervals increase the variance of reuse, along the curve. */
export interface DesignEffect {
  /** The number of groups minus one. */
  readonly freedom: number
  /** The average over the whole curve. */
  readonly mean: number
  /** @param time - in ms. */
  at(time: number): number
}

/**
 * The design effect (Kish, 1965): the variance of reuse from the delete-a-group jackknife (Kott, "The Delete-a-Group
 * Jackknife", 2001), divided by the variance that independent intervals would have. The jackknife only needs the groups to
 * be independent of each other.
 *
 * @param bounds - the bounds of the groups' bins.
 * @param cells - the bins of all intervals.
 * @returns `undefined` if there are too few groups.
 */
export function designEffectOf(
  groups: readonly GroupCounts[],
  bounds: readonly number[],
  cells: readonly Cell[],
): DesignEffect | undefined {
  const filled = groups.filter((group) => totalOf(group) > 0)
  if (filled.length < minGroups) return undefined
  const all = add(filled, bounds.length)
  const tableOf = (counts: Counts): LifeTable =>
    new LifeTable(coarseCells(bounds, counts, cells), totalOf(counts))
  const whole = tableOf(all)
  const without = filled.map((group) => tableOf(subtract(all, group)))
  const points = whole.knots.slice(1).map(({ at, reused, variance }, i) => {
    const jackknife = jackknifeVariance(without.map(({ knots }) => knots[i + 1]!.reused))
    const enough = variance > 0 && reused * totalOf(all) >= minReuses
    return { at, effect: enough ? jackknife / variance : undefined }
  })
  const known = points.flatMap(({ at, effect }) => (effect === undefined ? [] : [{ at, effect }]))
  if (known.length === 0) return undefined
  return {
    freedom: filled.length - 1,
    mean: known.reduce((sum, { effect }) => sum + effect, 0) / known.length,
    at: (time) => interpolate(known, time),
  }
}

/** A smaller effect is chance: the variance is not known that precisely. */
const minEffect = 0.3

/**
 * The combined effect of several groupings, such as clients and periods. Their variances add up, minus the variance of
 * independent intervals, which each of them contains (Cameron, Gelbach and Miller, "Robust Inference with Multiway
 * Clustering", 2011).
 *
 * @returns `undefined` if there are no effects.
 */
export function combinedEffect(effects: readonly DesignEffect[]): DesignEffect | undefined {
  const [first, ...others] = effects
  if (!first || others.length === 0) return first
  const combine = (of: (effect: DesignEffect) => number): number =>
    Math.max(
      minEffect,
      others.reduce((sum, other) => sum + of(other) - 1, of(first)),
    )
  return {
    freedom: Math.min(...effects.map(({ freedom }) => freedom)),
    mean: combine(({ mean }) => mean),
    at: (time) => combine((effect) => effect.at(time)),
  }
}

/** (G − 1)/G · Σ (Rᵢ − R̄)². */
function jackknifeVariance(values: readonly number[]): number {
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  return ((count - 1) / count) * values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
}

interface Point {
  readonly at: number
  readonly effect: number
}

function interpolate(points: readonly Point[], time: number): number {
  const next = points.findIndex(({ at }) => at >= time)
  if (next === 0) return points[0]!.effect
  if (next < 0) return points.at(-1)!.effect
  const [before, after] = [points[next - 1]!, points[next]!]
  return before.effect + ((after.effect - before.effect) * (time - before.at)) / (after.at - before.at)
}

function add(groups: readonly GroupCounts[], length: number): Counts {
  const lists = (name: keyof Counts): number[] =>
    Array.from({ length }, (_, i) => groups.reduce((sum, group) => sum + (group[name][i] ?? 0), 0))
  return { reused: lists('reused'), clientClosed: lists('clientClosed'), cutOff: lists('cutOff') }
}

function subtract(from: Counts, group: GroupCounts): Counts {
  const lists = (name: keyof Counts): number[] => from[name].map((count, i) => count - (group[name][i] ?? 0))
  return { reused: lists('reused'), clientClosed: lists('clientClosed'), cutOff: lists('cutOff') }
}
