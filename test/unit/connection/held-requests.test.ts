import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { HeldRequest, HeldRequests } from '../../../src/connection/held-requests.ts'
import { FakeTime } from '../../support/waiting-members.ts'

/** The parts of a socket that held requests use, with the times of its reads. */
class FakeSocket {
  destroyed = false
  isReading = true
  readonly resumedAt: number[] = []
  readonly #begun = performance.now()

  pause(): this {
    this.isReading = false
    return this
  }

  resume(): this {
    this.isReading = true
    this.resumedAt.push(performance.now() - this.#begun)
    return this
  }

  isPaused(): boolean {
    return !this.isReading
  }
}

function setUp() {
  const time = new FakeTime()
  const socket = new FakeSocket()
  let overflows = 0
  const held = new HeldRequests(socket as unknown as Socket, () => overflows++)
  let sent = 0
  /** A number of requests arrives. */
  const come = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const req = { url: `/${sent++}` } as IncomingMessage
      held.hold(new HeldRequest('request', req, {} as ServerResponse, []))
    }
  }
  /** The next request to be handed over. */
  const next = (): string | undefined => held.next()?.req.url
  return { time, socket, held, come, next, overflows: () => overflows }
}

describe('a socket', () => {
  it('is read until 100 requests are held, and again when fewer are held', () => {
    const { socket, come, next, held } = setUp()
    come(99)
    expect(socket.isReading).toBe(true)
    come(1)
    expect(socket.isReading).toBe(false)
    // Node resumes it at the end of each message.
    expect(socket.resume()).toBe(socket)
    expect(socket.isReading).toBe(false)
    expect(next()).toBe('/0')
    expect([held.size, socket.isReading]).toEqual([99, true])
    socket.pause()
    socket.resume()
    expect(socket.isReading).toBe(true)
  })

  it('stays paused while 100 are held', () => {
    const { socket, come, next } = setUp()
    come(100)
    // The rest of the read.
    come(1)
    next()
    expect(socket.isReading).toBe(false)
    next()
    expect(socket.isReading).toBe(true)
  })

  it('is read again when the held requests are dropped', () => {
    const { socket, come, held } = setUp()
    come(120)
    expect(held.release().map(({ req }) => req.url)).toEqual(Array.from({ length: 120 }, (_, i) => `/${i}`))
    expect([held.size, socket.isReading]).toEqual([0, true])
  })

  it('starts reading in the handle if nothing else would', () => {
    const { socket, come, held } = setUp()
    const handle = { reading: false, begun: 0, readStart: () => handle.begun++ }
    Object.assign(socket, { _handle: handle })
    come(100)
    held.release()
    expect(handle).toMatchObject({ reading: true, begun: 1 })
  })

  it('keeps a resume() that the app called meanwhile', () => {
    const { socket, come, held } = setUp()
    come(100)
    const own = (): FakeSocket => FakeSocket.prototype.resume.call(socket)
    socket.resume = own as typeof socket.resume
    held.release()
    expect(socket.resume).toBe(own)
    expect(socket.isReading).toBe(true)
  })

  it('is not resumed if it was never paused', () => {
    const { socket, come, next } = setUp()
    come(50)
    next()
    expect(socket.resumedAt).toEqual([])
  })
})

describe('a paused socket', () => {
  it('is checked after 500 ms, and then at growing intervals of up to 30 s', () => {
    const { time, socket, come } = setUp()
    come(100)
    for (let i = 0; i < 130; i++) {
      time.pass(1_000)
      // The check finds another request.
      if (socket.isReading) come(1)
      expect(socket.isReading).toBe(false)
    }
    expect(socket.resumedAt).toEqual([500, 1_500, 3_500, 7_500, 15_500, 31_500, 61_500, 91_500, 121_500])
  })

  it('is checked often again after data arrived', () => {
    const { time, socket, come, next } = setUp()
    come(100)
    time.pass(4_000)
    next()
    const before = socket.resumedAt.length
    socket.resumedAt.length = 0
    come(1)
    expect([before, socket.isReading]).toEqual([4, false])
    // One check was already due.
    time.pass(4_700)
    expect(socket.resumedAt).toEqual([7_500, 8_500])
  })

  it('is checked again and again while nothing arrives', () => {
    const { time, socket, come } = setUp()
    come(100)
    time.pass(8_000)
    expect(socket.resumedAt).toEqual([500, 1_500, 3_500, 7_500])
  })

  it('is paused again by each check that finds a request', () => {
    const { time, socket, come } = setUp()
    come(100)
    time.pass(500)
    expect(socket.isReading).toBe(true)
    come(3)
    expect(socket.isReading).toBe(false)
  })
})

describe('a socket that Node has paused for the body of a held request', () => {
  it('is checked every 500 ms for 8 s, and less often after that', () => {
    const { time, socket, come } = setUp()
    come(1)
    for (let i = 0; i < 40; i++) {
      socket.pause()
      time.pass(500)
    }
    const looks = socket.resumedAt
    expect(looks.slice(0, 17)).toEqual(Array.from({ length: 17 }, (_, i) => 500 * (i + 1)))
    expect(looks.slice(17)).toEqual([9_500, 11_500, 15_500])
  })

  it('is left alone while Node reads it', () => {
    const { time, socket, come } = setUp()
    come(1)
    time.pass(5_000)
    expect(socket.resumedAt).toEqual([])
  })
})

describe('the checks end', () => {
  it('when nothing is held, and start again with the next request', () => {
    const { time, socket, come, next } = setUp()
    come(1)
    next()
    time.pass(500)
    expect(vi.getTimerCount()).toBe(0)
    come(1)
    socket.pause()
    time.pass(500)
    expect(socket.resumedAt).toEqual([1_000])
  })

  it('when the socket closes', () => {
    const { time, socket, come } = setUp()
    come(1)
    socket.pause()
    socket.destroyed = true
    time.pass(500)
    expect(socket.resumedAt).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})

it('holds at most 10,000 requests', () => {
  const { come, overflows } = setUp()
  come(9_999)
  expect(overflows()).toBe(0)
  come(1)
  expect(overflows()).toBe(1)
})
