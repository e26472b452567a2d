import type { IncomingMessage } from 'node:http'
import { pipeline, Writable } from 'node:stream'

/** What an app has received of a request's body. */
export interface Heard {
  /** 'end', 'aborted', 'error' and 'close', in their order. */
  readonly events: string[]
  /** Bytes of the body that the app has received. */
  bytes: number
  /** The result of the app's own reading. */
  outcome: 'read' | 'failed' | undefined
}

export function hear(req: IncomingMessage): Heard {
  const heard: Heard = { events: [], bytes: 0, outcome: undefined }
  for (const name of ['end', 'aborted', 'error', 'close']) req.on(name, () => heard.events.push(name))
  return heard
}

/** Reads a body. `late` says when to read the rest after the first bytes. */
export type Reader = (req: IncomingMessage, heard: Heard, late: Promise<void>) => void

export const readers: Readonly<Record<string, Reader>> = {
  "'data' listener": (req, heard) => {
    req.on('data', (chunk: Buffer) => (heard.bytes += chunk.length))
  },
  'for await loop': async (req, heard) => {
    try {
      for await (const chunk of req) heard.bytes += (chunk as Buffer).length
      heard.outcome = 'read'
    } catch {
      heard.outcome = 'failed'
    }
  },
  "'readable' listener": (req, heard) => {
    req.on('readable', () => {
      for (let chunk = req.read(); chunk !== null; chunk = req.read()) heard.bytes += chunk.length
    })
  },
  'pipeline to a slow sink': (req, heard) => {
    const write: Writable['_write'] = (chunk: Buffer, _encoding, done) => {
      heard.bytes += chunk.length
      setImmediate(done)
    }
    pipeline(req, new Writable({ write, highWaterMark: 1_024 }), (error) => {
      heard.outcome = error ? 'failed' : 'read'
    })
  },
  'pause until the answer has arrived': (req, heard, late) => {
    req.on('data', (chunk: Buffer) => (heard.bytes += chunk.length))
    req.once('data', () => {
      req.pause()
      void late.then(() => req.resume())
    })
  },
}

/** How a client delimits the body that it sends. */
export interface Framing {
  readonly head: (size: number) => string
  readonly part: (text: string) => string
  readonly end: string
}

export const framings: Readonly<Record<'Content-Length' | 'chunked', Framing>> = {
  'Content-Length': { head: (size) => `Content-Length: ${size}\r\n`, part: (text) => text, end: '' },
  chunked: {
    head: () => 'Transfer-Encoding: chunked\r\n',
    part: (text) => `${text.length.toString(16)}\r\n${text}\r\n`,
    end: '0\r\n\r\n',
  },
}

/** The head of an upload. */
export const uploadHead = (framing: Framing, size: number, more = ''): string =>
  `POST /upload HTTP/1.1\r\nHost: test\r\n${framing.head(size)}${more}\r\n`
