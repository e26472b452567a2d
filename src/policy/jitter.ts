/**
 * Draws one connection's own cap, so that connections opened together do not all end together.
 * Downward only: the configured cap stays a hard bound.
 *
 * @param cap - the configured cap, a whole number; 0 is no cap and stays 0.
 * @param jitter - 0 (always the cap itself) to 1 (anything down to 1).
 * @param random - gives a number from 0 to below 1, like `Math.random`.
 * @returns a whole number from ⌈cap × (1 − jitter)⌉, at least 1, to `cap`.
 */
export function drawCap(cap: number, jitter: number, random: () => number): number {
  if (cap === 0) return 0
  const lowest = Math.max(1, Math.ceil(cap * (1 - jitter)))
  // The cap is a hard bound, even for a `random` that gives 1.
  return Math.min(cap, lowest + Math.floor(random() * (cap - lowest + 1)))
}
