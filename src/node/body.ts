import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { clearTimeout, setInterval, setTimeout } from 'node:timers'

/** What becomes of a body that is still arriving when its response has ended. Times in ms. */
export interface BodyAwaited {
  /** How long the socket may be silent; 0 is for ever. */
  readonly quiet: number
  /** How long it may take in all; 0 is for ever. */
  readonly longest: number
  /** It is whole, and the socket is open. */
  arrived(): void
  /** It has not come in time. */
  late(): void
}

/** Whether the rest of a request is still to come. What an app hands over as a request may be none, and ends nowhere. */
export function isArriving(request: IncomingMessage): boolean {
  return !request.complete && typeof request.once === 'function'
}

/** Waits for the rest of a request's body: the app, or Node in its place, reads it. */
export function awaitBody(
  body: IncomingMessage,
  socket: Socket,
  { quiet, longest, arrived, late }: BodyAwaited,
): void {
  let before = socket.bytesRead
  const timers = [
    quiet > 0 &&
      setInterval(() => {
        if (socket.bytesRead === before) giveUp()
        before = socket.bytesRead
      }, quiet).unref(),
    longest > 0 && setTimeout(giveUp, longest).unref(),
  ]
  const end = (): void => {
    for (const timer of timers) if (timer) clearTimeout(timer)
    socket.off('close', end)
  }
  function giveUp(): void {
    end()
    late()
  }
  socket.once('close', end)
  body.once('end', () => {
    end()
    if (!socket.destroyed) arrived()
  })
}

/** Whether the app reads a body; else Node has thrown it away with the end of the response. */
export function isRead(body: IncomingMessage): boolean {
  return body.listenerCount('data') + body.listenerCount('readable') > 0
}

/** The app hears that a body ends here, as of any aborted request. */
export function abortBody(body: IncomingMessage): void {
  body.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
}
