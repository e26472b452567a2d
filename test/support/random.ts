/** Random numbers in [0, 1) that depend only on the seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Draws one value. */
export type Draw = (random: () => number) => number

export const uniform =
  (from: number, to: number): Draw =>
  (random) =>
    from + (to - from) * random()

export const exponential =
  (mean: number): Draw =>
  (random) =>
    -mean * Math.log(1 - random())

export const normal =
  (mean: number, deviation: number): Draw =>
  (random) =>
    mean + deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

export const lognormal = (median: number, sigma: number): Draw => {
  const log = normal(Math.log(median), sigma)
  return (random) => Math.exp(log(random))
}

export const pareto =
  (least: number, alpha: number): Draw =>
  (random) =>
    least * (1 - random()) ** (-1 / alpha)

export const weibull =
  (scale: number, shape: number): Draw =>
  (random) =>
    scale * (-Math.log(1 - random())) ** (1 / shape)

/** One of the draws, by their weights. */
export const mixture =
  (...parts: readonly (readonly [weight: number, draw: Draw])[]): Draw =>
  (random) => {
    let left = random() * parts.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, draw] of parts) {
      left -= weight
      if (left < 0) return draw(random)
    }
    return parts.at(-1)![1](random)
  }

export function sample(draw: Draw, count: number, seed: number): number[] {
  const random = seeded(seed)
  return Array.from({ length: count }, () => draw(random))
}
