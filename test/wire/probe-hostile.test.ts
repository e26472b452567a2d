import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ProbeFailure } from '../../src/probe/failure.ts'
import { judge } from '../../src/probe/judge.ts'
import { answering, ok, rawServer } from '../support/hostile.ts'
import { probeAt } from '../support/probe.ts'
import { freePort } from '../support/proxies.ts'
import { serve } from '../support/server.ts'

/** Writes something again and again until the socket is gone. */
function drip(socket: Socket, text: string, ms = 5): void {
  const timer = setInterval(() => socket.write(text), ms)
  socket.on('close', () => clearInterval(timer))
}

const maxWait = 500

async function failureAt(url: string | number, options = {}): Promise<string> {
  const started = performance.now()
  const error = await probeAt(url, { maxWait, ...options }).then(
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

describe('one line, within the wait bound, for a server that', () => {
  it('refuses', async () => {
    const port = await freePort()
    expect(await failureAt(port)).toBe(
      `127.0.0.1:${port} refuses connections. Start the server, or check host and port`,
    )
  })

  const cases: [what: string, serve: (socket: Socket) => void, message: RegExp][] = [
    ['says nothing', () => {}, /^a response from 127\.0\.0\.1:\d+ did not come within /],
    [
      'drips a header for ever',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nX: ')
        drip(socket, 'x')
      },
      /did not come within/,
    ],
    [
      'drips a body for ever',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n')
        drip(socket, 'x')
      },
      /did not come within/,
    ],
    [
      'drips chunks for ever',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        drip(socket, '1\r\nx\r\n')
      },
      /did not come within/,
    ],
    [
      'drips a chunk extension for ever',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;')
        drip(socket, 'x')
      },
      /did not come within/,
    ],
    [
      'drips trailers for ever',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n')
        drip(socket, 'X: y\r\n')
      },
      /did not come within/,
    ],
    [
      'pours a header',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n')
        drip(socket, 'X: yyyyyyyyyyyyyyyyyyyyyy\r\n'.repeat(500))
      },
      /response head of over 32768 bytes$/,
    ],
    [
      'pours a body',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        drip(socket, 'x'.repeat(200_000))
      },
      /longer than 1048576 bytes; name a smaller resource/,
    ],
    [
      'sends interim responses for ever',
      (socket) => drip(socket, 'HTTP/1.1 100 Continue\r\n\r\n'),
      /interim responses/,
    ],
    [
      'speaks another protocol',
      (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
      /does not speak HTTP\/1\.1: its answer begins with "SSH-2\.0-OpenSSH_9\.2"$/,
    ],
    [
      'sends a terminal what it should not',
      (socket) => socket.write('\x1b]0;owned\x07\u009b2J\r\n'),
      /begins with "\\u001b\]0;owned\\u0007/,
    ],
    [
      'speaks HTTP/2 unasked',
      (socket) => socket.write(Buffer.from('000012040000000000', 'hex')),
      /speaks HTTP\/2 only/,
    ],
    ['closes at once', (socket) => socket.end(), /closes the connection without a response$/],
    [
      'resets at once',
      (socket) => socket.on('data', () => socket.resetAndDestroy()),
      /closes the connection without a response$/,
    ],
    [
      'closes in the middle of a response',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort'),
      /in the middle of a response$/,
    ],
    [
      'lies about its length',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n'),
      /Content-Length that is not a number: "1, 2"$/,
    ],
    [
      'has a chunk size that is none',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
      /chunk size that is not a number: "zz"$/,
    ],
    [
      'switches protocols',
      (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
      /switches protocols \(101\) unasked$/,
    ],
  ]
  // All at once, as most of it is waiting.
  it(cases.map(([what]) => what).join('; '), async () => {
    const servers = await Promise.all(cases.map(([, serveRaw]) => rawServer(serveRaw)))
    const messages = await Promise.all(servers.map(({ port }) => failureAt(port)))
    for (const [i, [what, , message]] of cases.entries()) expect(messages[i], what).toMatch(message)
  })

  it('has a certificate that nobody signed', async () => {
    const { port } = await rawServer(
      answering((socket) => socket.write(ok)),
      true,
    )
    expect(await failureAt(`https://127.0.0.1:${port}/`, { insecure: false })).toMatch(
      /^127\.0\.0\.1:\d+ has a certificate that is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\); --cacert trusts its issuer, --insecure measures anyway$/,
    )
  })

  it('speaks no TLS', async () => {
    const { port } = await rawServer((socket) => socket.write('220 mail.example\r\n'))
    expect(await failureAt(`https://127.0.0.1:${port}/`)).toMatch(/makes the TLS handshake fail \(\w+\)$/)
  })

  it('never finishes the TLS handshake', async () => {
    const { port } = await rawServer(() => {})
    expect(await failureAt(`https://127.0.0.1:${port}/`)).toMatch(
      /^the TLS handshake with 127\.0\.0\.1:\d+ did not come within /,
    )
  })

  it('ends the TLS handshake', async () => {
    const { port } = await rawServer((socket) => socket.once('data', () => socket.end()))
    expect(await failureAt(`https://127.0.0.1:${port}/`)).toMatch(
      /is ended by the server$|ends the connection before it is established$/,
    )
  })
})

/** A server of good manners, until it is idle. */
const idleServer = (idle: (socket: Socket, tcp: Socket) => void, after = 300, tls = false) =>
  rawServer((socket, tcp) => {
    let timer: NodeJS.Timeout
    answering(() => {
      clearTimeout(timer)
      socket.write(ok)
      timer = setTimeout(() => idle(socket, tcp), after)
    })(socket)
    socket.on('close', () => clearTimeout(timer))
  }, tls)

describe('tells how idle connections are closed', () => {
  const manners: [how: string, idle: (socket: Socket, tcp: Socket) => void, tls: boolean][] = [
    ['fin', (socket) => void socket.end(), false],
    ['reset', (socket) => void socket.resetAndDestroy(), false],
    ['408', (socket) => void socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n'), false],
    ['close-notify', (socket) => void socket.end(), true],
    ['fin', (_, tcp) => void tcp.end(), true],
    ['reset', (_, tcp) => void tcp.resetAndDestroy(), true],
  ]
  it(manners.map(([how, , tls]) => how + (tls ? ' under TLS' : '')).join(', '), async () => {
    const servers = await Promise.all(manners.map(([, idle, tls]) => idleServer(idle, 300, tls)))
    const probed = await Promise.all(
      servers.map(({ port }, i) => probeAt(`${manners[i]![2] ? 'https' : 'http'}://127.0.0.1:${port}/`)),
    )
    for (const [i, [how]] of manners.entries()) {
      const { report } = probed[i]!
      expect(report.findings).toEqual([])
      expect(report.idleTimeout).toMatchObject({ closedBy: 'server', how, header: null })
      expect(report.idleTimeout!.samples).toHaveLength(6)
      expect(report.idleTimeout!.ms).toBeGreaterThan(200)
    }
  })

  it('not at all, within the time', async () => {
    const { port } = await idleServer(() => {}, 60_000)
    const { report } = await probeAt(port, { maxWait })
    expect(report.idleTimeout).toMatchObject({ ms: null, closedBy: null, how: null, samples: [] })
    expect(report.idleTimeout!.atLeast).toBeGreaterThanOrEqual(maxWait)
    expect(report.race).toBeNull()
    expect(report.complete).toBe(true)
  })

  it('some, and others not: nothing is claimed beyond the first', async () => {
    let idle = 0
    const { port } = await rawServer((socket) => {
      let timer: NodeJS.Timeout
      answering(() => {
        clearTimeout(timer)
        socket.write(ok)
        timer = setTimeout(() => {
          if (idle++ === 0) socket.end()
        }, 200)
      })(socket)
      socket.on('close', () => clearTimeout(timer))
    })
    const { report } = await probeAt(port)
    expect(report.idleTimeout).toMatchObject({ ms: null, how: null, samples: [expect.any(Number)] })
    expect(report.idleTimeout!.atLeast).toBe(report.idleTimeout!.samples[0])
    expect(judge(report).map(({ code }) => code)).toContain('timeout-uneven')
  })

  it('with garbage: that step fails, and the rest stands', async () => {
    const { port } = await idleServer((socket) => void socket.write('bye\r\n'))
    const { report } = await probeAt(port)
    expect(report).toMatchObject({
      complete: false,
      reuse: true,
      idleTimeout: null,
      pipelining: { answered: 3 },
    })
    expect(report.findings).toEqual([
      {
        code: 'step-failed',
        severity: 'warning',
        message: 'the idle timeout: the server does not speak HTTP/1.1: its answer begins with "bye"',
        remedy: null,
      },
    ])
  })

  it('with responses without end that nobody asked for', async () => {
    const { port } = await idleServer((socket) => drip(socket, ok))
    const { report } = await probeAt(port)
    expect(report.findings.map(({ message }) => message)).toEqual([
      'the idle timeout: the server sends unsolicited responses',
    ])
  })
})

describe('the cap', () => {
  it.each([
    ['announced and kept', 'close', (socket: Socket) => socket.end(), { saidClose: true, closed: true }],
    ['announced and not kept', 'close', () => {}, { saidClose: true, closed: false }],
    ['not announced', 'keep-alive', (socket: Socket) => socket.end(), { saidClose: false, closed: true }],
  ])('%s', async (_, connection, last, expected) => {
    const { port } = await rawServer(
      answering((socket, number) => {
        if (number < 7) socket.write(ok)
        else if (number === 7) {
          socket.write(`HTTP/1.1 200 OK\r\nConnection: ${connection}\r\nContent-Length: 0\r\n\r\n`)
          last(socket)
        }
      }),
    )
    const { report } = await probeAt(port, { maxWait })
    expect(report.maxRequests).toMatchObject({ cap: 7, ...expected })
  })

  it('is searched for with no more requests than allowed', async () => {
    let requests = 0
    const { port } = await rawServer(
      answering((socket) => {
        requests++
        socket.write(ok)
      }),
    )
    const { report } = await probeAt(port, { maxWait, maxRequests: 80 })
    expect(report.maxRequests!.cap).toBeNull()
    expect(report.requests).toBe(requests)
    expect(requests).toBeLessThanOrEqual(80)
    expect(requests).toBeGreaterThan(60)
  })
})

it('a server that closes each time is not waited for', async () => {
  const { port } = await serve(
    (_req, res) => void res.setHeader('Connection', 'close').end('ok'),
    () => {},
  )
  const { report } = await probeAt(port)
  expect(report).toMatchObject({
    complete: true,
    reuse: false,
    idleTimeout: null,
    maxRequests: null,
    race: null,
  })
  expect(report.timings).toMatchObject({ reused: null, saved: null })
})

it('stops when told to, with what it knows', async () => {
  const { port } = await idleServer(() => {}, 60_000)
  const interrupt = new AbortController()
  const { report, interrupted } = await probeAt(port, {
    maxWait: 20_000,
    signal: interrupt.signal,
    onProgress: (_, waitingFor) => {
      if (/: waited [1-9]\d* s of at most 20 s$/.test(waitingFor)) interrupt.abort()
    },
  })
  expect(interrupted).toBe(true)
  expect(report).toMatchObject({ complete: false, reuse: true, race: null, pipelining: { answered: 3 } })
  expect(report.idleTimeout!.atLeast).toBeGreaterThanOrEqual(500)
  expect(report.idleTimeout!.atLeast).toBeLessThan(10_000)
})
