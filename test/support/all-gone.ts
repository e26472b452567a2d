import type { Server } from 'node:net'
import { eventually } from './within.ts'

/** Waits until the server has no open socket left. */
export async function allGone(server: Server, ms = 5_000): Promise<void> {
  let open = Number.POSITIVE_INFINITY
  const look = setInterval(() => server.getConnections((_, count) => (open = count)), 5)
  try {
    await eventually(
      () => open === 0,
      () => `the last socket to close, ${open} are open`,
      ms,
    )
  } finally {
    clearInterval(look)
  }
}
