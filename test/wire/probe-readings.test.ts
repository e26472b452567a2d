import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { resolvePolicy } from '../../src/policy/policy.ts'
import { parseExpectation } from '../../src/probe/expectations.ts'
import { judge } from '../../src/probe/judge.ts'
import type { ProbeFindingCode, ProbeReport } from '../../src/probe/report.ts'
import { answering, ok, rawServer } from '../support/hostile.ts'
import { probeAt } from '../support/probe.ts'
import { serve } from '../support/server.ts'

const codes = (report: ProbeReport, behind?: 'aws-alb'): ProbeFindingCode[] =>
  judge(report, behind && resolvePolicy({ behind })).map(({ code }) => code)

const meets = (report: ProbeReport, text: string): boolean | 'unknown' => {
  const expectation = parseExpectation(text)
  if (!('holds' in expectation)) return expect.fail(expectation.wrong)
  return expectation.holds(report).met
}

/** Each connection is idle for the next of these times, in turn, before the server closes it; 0: it does not. */
const idleFor = (timeouts: readonly number[]) => {
  let accepted = 0
  return rawServer((socket) => {
    const timeout = timeouts[accepted++ % timeouts.length]!
    let timer: NodeJS.Timeout | undefined
    answering(() => {
      clearTimeout(timer)
      socket.write(ok)
      if (timeout > 0) timer = setTimeout(() => socket.end(), timeout)
    })(socket)
    socket.on('close', () => clearTimeout(timer))
  })
}

it.each([
  ['and some stay open', [500, 500, 0]],
  ['and most are closed later', [500, 1_500, 1_500]],
])('connections closed by two timers %s are not said to have one', async (_, timeouts) => {
  const { port } = await idleFor(timeouts)
  const { report } = await probeAt(port)
  expect(codes(report)).toContain('timeout-uneven')
  expect(report.race).toBeNull()
  expect(report.maxAge).toBeNull()
  expect(report.idleTimeout!.atLeast).toBe(report.idleTimeout!.samples[0])
  expect(report.idleTimeout!.atLeast).toBeLessThan(1_000)
  expect(meets(report, 'idle>1s')).toBe(false)
  expect(meets(report, 'idle>=1s')).toBe(false)
  expect(meets(report, 'idle<=700ms')).toBe(false)
})

it('two timers: the shorter one decides whether a proxy fits', async () => {
  const { port } = await idleFor([400, 2_000, 2_000])
  const { report } = await probeAt(port)
  const policy = resolvePolicy({ behind: { proxy: 'aws-alb', idleTimeout: 1_000 } })
  expect(judge(report, policy).map(({ code }) => code)).toContain('proxy-outlives-server')
})

/** Closes each connection at an age, whatever happens on it. */
const closingByAge = (age: number, respond: (socket: Socket) => void = (socket) => void socket.write(ok)) =>
  rawServer((socket) => {
    const timer = setTimeout(() => socket.end(), age)
    socket.on('close', () => clearTimeout(timer))
    answering(respond)(socket)
  })

it('a server that closes by age is not said to have an idle timeout', async () => {
  const { port } = await closingByAge(1_500)
  const { report } = await probeAt(port)
  expect(report.idleTimeout).toMatchObject({ ms: null })
  expect(Math.abs(report.maxAge! - 1_500)).toBeLessThan(150)
  expect(codes(report)).toContain('closes-by-age')
  expect(codes(report)).not.toContain('timeout-uneven')
  expect(codes(report, 'aws-alb')).toContain('proxy-outlives-server')
  expect(meets(report, 'idle>1s')).toBe(false)
  expect(meets(report, 'idle<1s')).toBe(false)
})

it('nor to have a cap, where its age ends the search for the cap', async () => {
  const { port } = await closingByAge(1_500, (socket) => void setTimeout(() => socket.write(ok), 20))
  const { report } = await probeAt(port, { maxRequests: 300 })
  expect(report.maxRequests).toMatchObject({ cap: null, stoppedBy: 'age' })
  expect(codes(report)).not.toContain('cap')
})

it('an idle timer that each request restarts is an idle timeout', async () => {
  const { port } = await idleFor([800])
  const { report } = await probeAt(port)
  expect(report.maxAge).toBeNull()
  expect(Math.abs(report.idleTimeout!.ms! - 800)).toBeLessThan(150)
  expect(codes(report)).not.toContain('closes-by-age')
})

it('says that the search for the cap ran out of time', async () => {
  const { port } = await rawServer(
    answering((socket, number) => void setTimeout(() => socket.write(ok), number > 2 ? 200 : 1)),
  )
  const { report } = await probeAt(port, { maxWait: 1_500 })
  expect(report.maxRequests).toMatchObject({ cap: null, stoppedBy: 'time' })
  expect(report.maxRequests!.tried).toBeLessThan(10)
  expect(codes(report)).toContain('cap-search-short')
})

/** Says `max=`, and closes after a number of responses. */
const capped = (max: (number: number) => number, cap: number) =>
  rawServer(
    answering((socket, number) => {
      const said = number === cap ? 'close' : `keep-alive\r\nKeep-Alive: timeout=1, max=${max(number)}`
      if (number <= cap) socket.write(ok.replace('\r\n', `\r\nConnection: ${said}\r\n`))
      if (number === cap) socket.end()
    }),
  )

it.each([
  ['as in Apache', (n: number) => 21 - n, 21, []],
  ['as in Node', () => 20, 20, []],
  ['that promises too much', (n: number) => 100 - n, 20, ['max-earlier-than-advertised']],
  ['that promises too little', () => 5, 20, ['max-later-than-advertised']],
  ['that is never kept', () => 5, 1_000, ['max-later-than-advertised']],
] as const)('max= %s', async (_, max, cap, expected) => {
  const { port } = await capped(max, cap)
  const { report } = await probeAt(port, { maxWait: 1_000 })
  expect(codes(report).filter((code) => code.startsWith('max-'))).toEqual(expected)
})

const nodeAnsweringAfter = (ms: number) =>
  serve(
    async (_req, res) => {
      if (ms > 0) await sleep(ms)
      res.end('ok')
    },
    (server) => Object.assign(server, { keepAliveTimeout: 100 }),
  )

it('a quick answer to a half-closed client says nothing of slow handlers', async () => {
  const [quick, slow] = await Promise.all([nodeAnsweringAfter(0), nodeAnsweringAfter(100)])
  const { report } = await probeAt(quick.port, { maxWait: 3_000 })
  expect(report.halfClose).toBe('at-once')
  expect(codes(report)).toContain('half-close-not-known')
  expect(meets(report, 'half-close')).toBe('unknown')
  // Node gives up a request whose client ends its half.
  expect((await probeAt(slow.port, { maxWait: 3_000 })).report.halfClose).toBe('fin')
})

it('a slow answer to a half-closed client is an answer', async () => {
  const { port } = await rawServer((socket) => {
    socket.allowHalfOpen = true
    answering(() => void setTimeout(() => socket.write(ok), 100))(socket)
  })
  const { report } = await probeAt(port, { maxWait: 3_000 })
  expect(report.halfClose).toBe('answered')
})
