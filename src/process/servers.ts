import { subscribe } from 'node:diagnostics_channel'

/**
 * Calls back for each server of this process, of whatever kind: whenever it begins to listen, before its first connection;
 * and once at its next connection where it listens already. Only public channels are used, which fire on Node 20, 22, 24
 * and 26:
 *
 * - `tracing:net.server.listen:asyncEnd`, within `listen()`;
 * - `net.server.socket`, after each 'connection' event.
 *
 * `http.server.request.start` would find a server that listens already at the next request of an open connection. But its
 * subscriber costs every request of the process 15 to 24 ns (Node 20, 24 and 26) for as long as the process lives.
 */
export function watchServers(found: (server: object) => void): void {
  const known = new WeakSet<object>()
  const see = (server: object): void => {
    known.add(server)
    found(server)
  }
  subscribe('tracing:net.server.listen:asyncEnd', (message) => {
    const { server } = message as { server: object }
    afterListening(() => see(server))
  })
  subscribe('net.server.socket', (message) => {
    // The app may have put there what it likes.
    const { server } = (message as { socket: { server?: unknown } }).socket
    if (typeof server === 'object' && server && !known.has(server)) see(server)
  })
}

/**
 * After the code that follows `listen()`, the 'listening' listeners and what awaits them: there apps set their timeouts. But
 * before the event loop goes on, and with it the first connection comes: so no timer and no `setImmediate`.
 */
function afterListening(act: () => void): void {
  process.nextTick(() => process.nextTick(() => queueMicrotask(() => process.nextTick(act))))
}

/** Whether the kit may be able to serve it: http, https or http2, told by what they have, so that none needs to be loaded. */
export function isHttp(server: object): boolean {
  return 'requestTimeout' in server || 'updateSettings' in server
}
