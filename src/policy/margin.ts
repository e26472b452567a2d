/** What a proxy's clock, its load and the way to it may add; makers ask for about this much. */
export function margin(idleTimeout: number): number {
  if (idleTimeout >= 600_000) return 20_000
  return idleTimeout >= 300_000 ? 10_000 : 5_000
}
