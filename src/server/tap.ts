import type { IncomingMessage, Server, ServerResponse } from 'node:http'

export type Emit = (event: string | symbol, ...args: unknown[]) => boolean

/** Sees events before the listeners do, and answers the emitter in their place. */
export interface Watch {
  /** 'request': the one that is frequent. */
  request(req: IncomingMessage, res: ServerResponse): boolean
  other(event: string | symbol, args: unknown[]): boolean
}

export interface Tap {
  /** Emits an event past the watch, to the listeners. */
  readonly pass: Emit
  /** Takes the watch away. */
  remove(): void
}

/**
 * Puts a watch before all events of a server.
 *
 * A listener would not do. It cannot keep a request from the handlers after it, which a request pipelined behind
 * a closing response must be; and one for 'timeout' or 'clientError' displaces what Node does by default. So the
 * server gets an `emit` of its own, hidden from enumeration, as tracing libraries do.
 */
export function tap(server: Server, watch: Watch): Tap {
  const before = Object.getOwnPropertyDescriptor(server, 'emit')
  const emit = server.emit as Emit
  let watching = true
  function watchedEmit(event: string | symbol, ...args: unknown[]): boolean {
    if (!watching) return emit.call(server, event, ...args)
    if (event === 'request') return watch.request(args[0] as IncomingMessage, args[1] as ServerResponse)
    return watch.other(event, args)
  }
  Object.defineProperty(server, 'emit', { value: watchedEmit, configurable: true, writable: true })
  return {
    pass: emit.bind(server),
    remove() {
      watching = false
      // Somebody may have wrapped ours since: then it stays in their chain and only passes on.
      if (server.emit !== (watchedEmit as unknown)) return
      if (before) Object.defineProperty(server, 'emit', before)
      else delete (server as { emit?: unknown }).emit
    },
  }
}
