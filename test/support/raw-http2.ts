import type { Socket } from 'node:net'
import { type Frame, FrameReader, frame, frameType } from '../../src/probe/http2-frames.ts'
import { rawServer } from './hostile.ts'

/** What a client sends before its first frame. */
const prefaceLength = 24

const none = Buffer.alloc(0)

/** One connection of a server that writes its frames by hand. */
export class RawSession {
  readonly socket: Socket
  readonly tcp: Socket
  /** How many requests came. */
  requests = 0
  /** The stream of the last one. */
  stream = 0

  constructor(socket: Socket, tcp: Socket) {
    this.socket = socket
    this.tcp = tcp
  }

  send(type: number, flags = 0, stream = 0, payload: Buffer = none): this {
    if (this.socket.writable) this.socket.write(frame(type, flags, stream, payload))
    return this
  }

  /** A whole response: `:status: 200` of HPACK's static table, and no body. */
  respond(stream: number = this.stream): this {
    return this.send(frameType.headers, 4 | 1, stream, Buffer.from([0x88]))
  }

  goaway(last: number, code = 0, debug = ''): this {
    return this.send(frameType.goaway, 0, 0, Buffer.concat([uint32(last), uint32(code), Buffer.from(debug)]))
  }

  end(): void {
    this.socket.end()
  }

  /** Does something after that time, unless the connection is gone or a request came. */
  whenIdle(ms: number, act: () => void): void {
    const { requests } = this
    const timer = setTimeout(() => {
      if (requests === this.requests) act()
    }, ms)
    this.socket.once('close', () => clearTimeout(timer))
  }
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** What a server by hand does. Without `opened` it sends SETTINGS and acknowledges the client's. */
export interface RawHttp2 {
  readonly opened?: (session: RawSession) => void
  readonly requested?: (session: RawSession) => void
  readonly pinged?: (session: RawSession, payload: Buffer) => void
}

/** An HTTP/2 server that writes its frames by hand. */
export function rawHttp2(
  { opened, requested = (session) => void session.respond(), pinged }: RawHttp2 = {},
  tls = false,
): Promise<{ port: number }> {
  return rawServer(
    (socket, tcp) => {
      socket.setMaxListeners(0)
      const session = new RawSession(socket, tcp)
      const take = ({ type, flags, stream, payload }: Frame): void => {
        if (type === frameType.settings && flags === 0 && !opened) session.send(frameType.settings, 1)
        if (type === frameType.ping && flags === 0) {
          if (pinged) pinged(session, payload)
          else session.send(frameType.ping, 1, 0, payload)
        }
        if (type !== frameType.headers) return
        session.requests++
        session.stream = stream
        requested(session)
      }
      const frames = new FrameReader(take)
      let skip = prefaceLength
      socket.on('data', (bytes: Buffer) => {
        const from = Math.min(skip, bytes.length)
        skip -= from
        if (from < bytes.length) frames.push(bytes.subarray(from))
      })
      if (opened) opened(session)
      else session.send(frameType.settings)
    },
    tls,
    ['h2'],
  )
}
