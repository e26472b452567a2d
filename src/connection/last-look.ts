import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'

/** A loop turn longer than this, in ms, may have left bytes unread in the kernel. */
const longTurn = 1

/** How often to look at the most: a loop this far behind is closing nothing it could have saved. */
const mostLooks = 100

/**
 * The re-check for waiting bytes before an idle close. libuv runs timers before it polls sockets: after a
 * blocked turn the idle timer fires although the next request already waits in the kernel. `setImmediate` runs
 * after the poll, so by then its bytes have been read.
 *
 * @param then - called once, `true` when nothing came.
 */
export function lastLook(socket: Socket, clock: Clock, then: (quiet: boolean) => void): void {
  const { bytesRead } = socket
  let at = clock.now()
  let looks = 0
  const look = (): void => {
    const came = socket.destroyed || socket.bytesRead !== bytesRead
    const turn = clock.now() - at
    if (came || turn <= longTurn || ++looks === mostLooks) {
      then(!came)
    } else {
      at += turn
      setImmediate(look)
    }
  }
  setImmediate(look)
}
