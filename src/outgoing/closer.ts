import type { OutgoingClosedBy } from './snapshot.ts'

/** What is known of a connection when it has closed. */
export interface Ending {
  /** Who said `Connection: close` in the last exchange, and first. */
  readonly askedBy: 'us' | 'server' | undefined
  /** The server's FIN came before this process ended the socket. */
  readonly peerEnded: boolean
  /** What the socket was destroyed with. */
  readonly error: unknown
}

const resets: readonly unknown[] = ['ECONNRESET', 'EPIPE']

/** An error of the system or of TLS, and not one that a library or the app destroyed the socket with. */
function isOfNetwork(error: unknown): boolean {
  const { errno, syscall, code } = (error ?? {}) as NodeJS.ErrnoException
  return (typeof errno === 'number' && syscall !== undefined) || String(code).startsWith('ERR_SSL_')
}

/** Whether the other end has reset the connection. */
export function isReset(error: unknown): boolean {
  return isOfNetwork(error) && resets.includes((error as NodeJS.ErrnoException).code)
}

/** Who closed. A connection ended after our own `Connection: close` is ours, though the first FIN may be the server's. */
export function closerOf({ askedBy, peerEnded, error }: Ending): OutgoingClosedBy {
  if (askedBy !== undefined) return askedBy
  // undici's error for a FIN, and for GOAWAY.
  if (peerEnded || isReset(error) || (error as { code?: unknown } | null)?.code === 'UND_ERR_SOCKET')
    return 'server'
  return isOfNetwork(error) ? 'network' : 'us'
}

/** undici destroys a socket with this error after an exchange in which one side said `Connection: close`. */
export function isUndiciReset(error: unknown): boolean {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException
  return code === 'UND_ERR_INFO' && message === 'reset'
}
