import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** What becomes of a body that is still arriving when its response has ended. */
export interface BodyAwaited {
  /** How long it may take, in ms; 0 is for ever. */
  readonly longest: number
  /** It is whole, and the socket is open. */
  arrived(): void
  /** It has not come in time. */
  late(): void
}

/** Waits for the rest of a request's body: the app, or Node in its place, reads it. */
export function awaitBody(
  body: IncomingMessage,
  socket: Socket,
  { longest, arrived, late }: BodyAwaited,
): void {
  const timer = longest > 0 ? setTimeout(late, longest).unref() : undefined
  const end = (): void => clearTimeout(timer)
  socket.once('close', end)
  body.once('end', () => {
    end()
    socket.off('close', end)
    if (!socket.destroyed) arrived()
  })
}

/** The app hears that a body ends here, as of any aborted request. */
export function abortBody(body: IncomingMessage): void {
  body.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
}
