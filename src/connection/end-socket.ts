import type { Socket } from 'node:net'
import { halfClose } from '../node/half-close.ts'
import { LateRequests } from './late-requests.ts'

/** How our FIN comes for the client: after a response that said so, or in the middle of its wait. */
export type Fin = 'announced' | 'silent'

/** How a socket is ended. */
export interface SocketEnd {
  /** Left out, what arrives after our FIN is no request. */
  readonly fin: Fin | undefined
  /** How long to read on after our FIN, in ms. */
  readonly linger: number
  /** What the socket is destroyed with in the end. */
  readonly error: Error | undefined
}

/**
 * Ends a socket by halves, so that a request which crosses our FIN is seen.
 *
 * @param onLate - gets the number of requests in each read after our FIN.
 */
export function endSocket(
  socket: Socket,
  { fin, linger, error }: SocketEnd,
  onLate: (count: number) => void,
): void {
  const requests = fin && new LateRequests()
  const onBytes = requests && ((bytes: Buffer) => onLate(requests.read(bytes)))
  halfClose(socket, { linger, onBytes, error })
}
