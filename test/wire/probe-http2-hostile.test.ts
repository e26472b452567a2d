import { expect, it } from 'vitest'
import { ProbeFailure } from '../../src/probe/failure.ts'
import { frame } from '../../src/probe/http2-frames.ts'
import { rawServer } from '../support/hostile.ts'
import { probeAt } from '../support/probe.ts'
import { type RawHttp2, type RawSession, rawHttp2, uint32 } from '../support/raw-http2.ts'
import { serve } from '../support/server.ts'

/** Frames that some servers here send. */
const [data, headers, rstStream, settings, pushPromise, ping, goaway, windowUpdate, continuation] = [
  0, 1, 3, 4, 5, 6, 7, 8, 9,
]

async function failureAt(url: string | number, maxWait = 10_000, options = {}): Promise<string> {
  const started = performance.now()
  const error = await probeAt(url, { http2: true, maxWait, ...options }).then(
    () => expect.fail('it was measured'),
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(ProbeFailure)
  // One bound for all of the first look, however it is spent.
  expect(performance.now() - started).toBeLessThan(3 * maxWait + 1_000)
  const { message } = error as ProbeFailure
  expect(message).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]{10,250}$/u)
  return message
}

/** More frames at once than the probe takes without a response. */
function flood(session: RawSession, type: number, stream = 0, payload: Buffer = Buffer.alloc(0)): void {
  session.socket.write(Buffer.concat(Array.from({ length: 1_500 }, () => frame(type, 0, stream, payload))))
}

/** Does something again and again until the socket is gone. */
function repeat(session: RawSession, act: () => void): void {
  const timer = setInterval(act, 20)
  session.socket.once('close', () => clearInterval(timer))
}

/** A literal header without a place in the table: its name and value as they stand (RFC 7541 §6.2.2). */
const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), integer(value.length), Buffer.from(value)])

/** An integer with a prefix of 7 bits (RFC 7541 §5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value])
  const bytes = [127]
  let rest = value - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

/** `:status: 200`, then a header of 4,000 bytes into the table and thousands of references to it, a byte each. */
const bomb = Buffer.concat([
  Buffer.from([0x88, 0x40, 1]),
  Buffer.from('x'),
  integer(4_000),
  Buffer.alloc(4_000, 'y'),
  Buffer.alloc(8_000, 0xbe),
])

const requested = (act: (session: RawSession) => void): RawHttp2 => ({ requested: act })

const cases: readonly [what: string, server: RawHttp2, message: RegExp][] = [
  ['says nothing', { opened: () => {}, requested: () => {} }, / did not come within /],
  ['never answers', requested(() => {}), / did not come within /],
  [
    'sends SETTINGS without end',
    requested((session) => flood(session, settings!)),
    /^the server sends frames without end$/,
  ],
  [
    'sends PINGs without end',
    requested((session) => flood(session, ping!, 0, Buffer.alloc(8))),
    /^the server sends frames without end$/,
  ],
  [
    'sends empty DATA without end',
    requested((session) => {
      session.send(headers!, 4, session.stream, Buffer.from([0x88]))
      flood(session, data!, session.stream)
    }),
    /^the server sends frames without end$/,
  ],
  [
    'sends GOAWAY without end',
    requested((session) => flood(session, goaway!, 0, Buffer.concat([uint32(2 ** 31 - 1), uint32(0)]))),
    /^the server sends frames without end$/,
  ],
  [
    'sends WINDOW_UPDATE without end',
    requested((session) => flood(session, windowUpdate!, 0, uint32(1))),
    /^the server sends frames without end$/,
  ],
  [
    'sends frames of types that nobody knows',
    requested((session) => flood(session, 0xf0, 0, Buffer.alloc(100))),
    /^the server sends frames without end$/,
  ],
  [
    'sends a head without end',
    requested((session) => {
      session.send(headers!, 0, session.stream, Buffer.from([0x88]))
      flood(session, continuation!, session.stream, literal('x', 'y'.repeat(100)))
    }),
    /^the server breaks HTTP\/2: (?!INTERNAL)|^the server sends frames without end$/,
  ],
  [
    'sends a small head that is a large one',
    requested((session) => session.send(headers!, 4 | 1, session.stream, bomb)),
    /^the server sends a response that HTTP\/2 does not allow \(ENHANCE_YOUR_CALM\)$/,
  ],
  [
    'sends a body without end',
    requested((session) => {
      session.send(headers!, 4, session.stream, Buffer.from([0x88]))
      repeat(session, () => session.send(data!, 0, session.stream, Buffer.alloc(16_000)))
    }),
    /^the response is longer than 1048576 bytes/,
  ],
  [
    'sends interim responses without end',
    requested((session) =>
      repeat(session, () => session.send(headers!, 4, session.stream, literal(':status', '103'))),
    ),
    /^the server sends interim responses \(1xx\) without end$/,
  ],
  [
    'pushes',
    requested((session) =>
      session.send(pushPromise!, 4, session.stream, Buffer.concat([uint32(2), Buffer.from([0x82])])),
    ),
    /^the server breaks HTTP\/2: /,
  ],
  [
    'breaks off each response',
    requested((session) => session.send(rstStream!, 0, session.stream, uint32(2))),
    /^the server breaks off a response with INTERNAL_ERROR$/,
  ],
  [
    'refuses each request',
    requested((session) => session.send(rstStream!, 0, session.stream, uint32(7))),
    /^the server refuses a request with REFUSED_STREAM, and no GOAWAY follows$/,
  ],
  [
    'claims frames of 16 MiB',
    requested((session) => session.socket.write(Buffer.from('ffffff000000000001', 'hex'))),
    /^the server breaks HTTP\/2: /,
  ],
  ['sends a GOAWAY of 4 bytes', requested((session) => session.send(7, 0, 0, uint32(1))), /breaks HTTP\/2: /],
  [
    'answers in HTTP/1.1',
    { opened: ({ socket }) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n') },
    /^the server speaks no HTTP\/2: its answer begins with "HTTP\/1\.1 400 Bad Request"$/,
  ],
  [
    'sends a terminal what it should not',
    { opened: ({ socket }) => void socket.write('\u001b]0;owned\u0007') },
    /^the server speaks no HTTP\/2: its answer begins with "\\u001b\]0;owned\\u0007"$/,
  ],
  ['closes at once', { opened: (session) => session.end() }, /without a response$|is ended by the server$/],
  [
    'resets at once',
    { opened: ({ tcp }) => void tcp.resetAndDestroy() },
    /without a response|before it is est/,
  ],
  ['closes at a request', requested((session) => session.end()), /without a response$/],
  ['goes away at a request', requested((session) => session.goaway(0).end()), /without a response$/],
  [
    'goes away with an error, and says what no terminal should see',
    requested((session) => session.goaway(0, 0xbad, '\u001b[2J').end()),
    /without a response$/,
  ],
  [
    'closes in the middle of a response',
    requested((session) => {
      session.send(headers!, 4, session.stream, Buffer.from([0x88]))
      session.send(data!, 0, session.stream, Buffer.from('short')).end()
    }),
    /in the middle of a response$/,
  ],
]

// All at once, as most of it is waiting.
it(`one line for a server that ${cases.map(([what]) => what).join('; ')}`, async () => {
  const runs = cases.flatMap(([what, server, message]) =>
    [false, true].map((tls) => ({ what: `${what}${tls ? ', TLS' : ''}`, server, message, tls })),
  )
  const servers = await Promise.all(runs.map(({ server, tls }) => rawHttp2(server, tls)))
  const messages = await Promise.all(
    runs.map(({ tls, message }, i) =>
      failureAt(
        `${tls ? 'https' : 'http'}://127.0.0.1:${servers[i]!.port}/`,
        // All others end by themselves.
        /did not come/.test(message.source) ? 1_000 : undefined,
      ),
    ),
  )
  for (const [i, { what, message }] of runs.entries()) expect(messages[i], what).toMatch(message)
})

it('one line for a server over TLS that chooses another protocol, or none', async () => {
  const [http1, none] = await Promise.all([
    serve(
      (_req, res) => void res.end('ok'),
      () => {},
      true,
    ),
    rawServer(() => {}, true),
  ])
  expect(await failureAt(`https://127.0.0.1:${http1.port}/`)).toMatch(
    /^127\.0\.0\.1:\d+ does not offer HTTP\/2 \(ALPN: (?:http\/1\.1|no_application_protocol)\); leave out --http2$/,
  )
  expect(await failureAt(`https://127.0.0.1:${none.port}/`)).toMatch(
    /^127\.0\.0\.1:\d+ does not offer HTTP\/2 \(ALPN: none\); leave out --http2$/,
  )
})

it('a header of the user that HTTP/2 does not take is one line', async () => {
  const { port } = await rawHttp2()
  const twice = [
    ['Authorization', 'a'],
    ['Authorization', 's3cret'],
  ] as const
  const message = await failureAt(port, undefined, { headers: twice })
  expect(message).toMatch(/^the request cannot be sent over HTTP\/2: /)
  expect(message).not.toContain('s3cret')
})
