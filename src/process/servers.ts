import { subscribe } from 'node:diagnostics_channel'

/**
 * Calls `found` for each server of this process, of any kind: whenever it begins to listen, before its first connection. A
 * server that listens already is found once, at its next connection. Only public channels are used; they fire on Node 20,
 * 22, 24 and 26:
 *
 * - `tracing:net.server.listen:asyncEnd`, within `listen()`;
 * - `net.server.socket`, after each 'connection' event.
 *
 * `http.server.request.start` would find a listening server already at the next request of an open connection. But its
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
    // The app may have changed this property.
    const { server } = (message as { socket: { server?: unknown } }).socket
    if (typeof server === 'object' && server && !known.has(server)) see(server)
  })
}

/**
 * Runs after the code that follows `listen()`, after the 'listening' listeners and after the code that awaits them: apps set
 * their timeouts there. It must run before the event loop continues and accepts the first connection, so a timer or
 * `setImmediate` would be too late.
 */
function afterListening(act: () => void): void {
  process.nextTick(() => process.nextTick(() => queueMicrotask(() => process.nextTick(act))))
}

/** Whether the kit may support the server: http, https or http2. It looks at properties, so no module must be loaded. */
export function isHttp(server: object): boolean {
  return 'requestTimeout' in server || 'updateSettings' in server
}
