/**
 * Draws the cap of one connection, so that connections that were opened together do not all end together. The result is
 * never above the configured cap.
 *
 * @param cap - the configured cap, a whole number; 0 means no cap and stays 0.
 * @param jitter - from 0 (always the configured cap) to 1 (anything from 1 up).
 * @param random - returns a number from 0 to below 1, like `Math.random`.
 * @returns a whole number from ⌈cap × (1 − jitter)⌉, at least 1, to `cap`.
 */
export function drawCap(cap: number, jitter: number, random: () => number): number {
  if (cap === 0) return 0
  const min = Math.max(1, Math.ceil(cap * (1 - jitter)))
  // Never above the cap, even for a `random` that returns 1.
  return Math.min(cap, min + Math.floor(random() * (cap - min + 1)))
}
