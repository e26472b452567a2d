import type { Server } from 'node:net'
import { eventually } from './within.ts'

/** How many sockets the server has accepted that are still open. */
export function openCount(server: Server): Promise<number> {
  return new Promise((done, failed) =>
    server.getConnections((error, count) => (error ? failed(error) : done(count))),
  )
}

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
