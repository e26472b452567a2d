import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** What an app sees of a socket with requests. */
export interface Accepted {
  readonly socket: Socket
  /** The error codes of the socket, in their order. */
  readonly errors: (string | undefined)[]
  /** Node's `hadError`, once the socket has closed. */
  hadError: boolean | undefined
}

/** Collects the sockets of a server, http or https, with public events only. */
export function watchSockets(server: Server, tls: boolean): Accepted[] {
  const seen: Accepted[] = []
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    const accepted: Accepted = { socket, errors: [], hadError: undefined }
    seen.push(accepted)
    socket.on('error', ({ code }: NodeJS.ErrnoException) => accepted.errors.push(code))
    socket.on('close', (hadError: boolean) => {
      accepted.hadError = hadError
    })
  })
  return seen
}
