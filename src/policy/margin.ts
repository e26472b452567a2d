/** For the proxy's clock, its load and the network, in ms. Vendors recommend about this much. */
export function margin(idleTimeout: number): number {
  if (idleTimeout >= 600_000) return 20_000
  return idleTimeout >= 300_000 ? 10_000 : 5_000
}
