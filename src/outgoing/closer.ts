import type { OutgoingClosedBy } from './snapshot.ts'

/** What is known of a connection when it has closed. */
export interface Ending {
  /** Who said `Connection: close` in the last exchange, and first. */
  readonly askedBy: 'us' | 'server' | undefined
  /** The server's FIN came before this process ended the socket. */
  readonly peerEnded: boolean
  /** What the socket was destroyed with. */
  readonly error: unknown
  /** Node may have destroyed the idle socket for the server's FIN or RST, without a trace of it. */
  readonly isSilent: boolean
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
export function closerOf({ askedBy, peerEnded, error, isSilent }: Ending): OutgoingClosedBy {
  if (askedBy !== undefined) return askedBy
  // undici's error for a FIN, and for GOAWAY.
  if (peerEnded || isReset(error) || (error as { code?: unknown } | null)?.code === 'UND_ERR_SOCKET')
    return 'server'
  if (isOfNetwork(error)) return 'network'
  return isSilent ? 'server' : 'us'
}

/** An app that destroys an agent does so when its requests are done; no server's idle timeout is so short. In ms. */
const shortestTimeout = 250

/**
 * Whether a close that left no trace is the server's. From some release of 22 on, Node destroys an idle socket of `http.Agent`
 * when anything arrives there, FIN or RST too, without an event or an error. What else closes it shows: the agent's timeout by
 * 'timeout', and what the agent does not keep at once. Only `agent.destroy()` looks the same.
 *
 * @param idle - how long the connection was idle, in ms.
 * @param agentGoesOn - whether the agent has other sockets that are open.
 */
export function isSilentClose(idle: number, agentGoesOn: boolean): boolean {
  return agentGoesOn || idle >= shortestTimeout
}

/** undici destroys a socket with this error after an exchange in which one side said `Connection: close`. */
export function isUndiciReset(error: unknown): boolean {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException
  return code === 'UND_ERR_INFO' && message === 'reset'
}
