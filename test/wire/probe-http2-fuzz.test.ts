import { expect, it } from 'vitest'
import { plainLook } from '../../src/cli/look.ts'
import { reportLines } from '../../src/cli/probe/report.ts'
import { resolvePolicy } from '../../src/policy/policy.ts'
import { ProbeFailure } from '../../src/probe/failure.ts'
import { judge } from '../../src/probe/judge.ts'
import { resultOf } from '../../src/probe/result.ts'
import { probeAt } from '../support/probe.ts'
import { seeded } from '../support/random.ts'
import { type RawSession, rawHttp2 } from '../support/raw-http2.ts'

type Random = () => number
type Answer = (session: RawSession, random: Random) => void

/** After a moment, unless the connection is gone by then. */
function later(session: RawSession, ms: number, act: () => void): void {
  const timer = setTimeout(act, ms)
  session.socket.once('close', () => clearTimeout(timer))
}

const [headers, data, rstStream] = [1, 0, 3]

/** Bytes that are no frame, or one of any kind. */
const garbage = (random: Random): Buffer =>
  Buffer.from(Array.from({ length: 9 + Math.floor(random() * 40) }, () => Math.floor(random() * 256)))

/** What a server does with a request. */
const answers: Readonly<Record<string, Answer>> = {
  slow: (session, random) => {
    const { stream } = session
    later(session, 300 * random(), () => session.respond(stream))
  },
  'with a body': (session) =>
    session
      .send(headers!, 4, session.stream, Buffer.from([0x88]))
      .send(data!, 1, session.stream, Buffer.from('ok')),
  'two of them': (session) => session.respond().respond(),
  'for another stream': (session) => session.respond(session.stream + 2),
  none: () => {},
  closed: (session) => session.end(),
  reset: ({ tcp }) => void tcp.resetAndDestroy(),
  'broken off': (session, random) =>
    session.send(rstStream!, 0, session.stream, Buffer.from([0, 0, 0, Math.floor(random() * 16)])),
  'cut short': (session) => session.send(headers!, 4, session.stream, Buffer.from([0x88])).end(),
  'GOAWAY before it': (session, random) =>
    session.goaway(Math.floor(random() * 6), Math.floor(random() * 20)).respond(),
  'GOAWAY behind it': (session) => session.respond().goaway(session.stream),
  'GOAWAY while idle': (session, random) => {
    session.respond()
    session.whenIdle(100 + 200 * random(), () => session.goaway(session.stream, 0, '\u001b[2J\u009b').end())
  },
  'GOAWAY more and more': (session) =>
    session
      .respond()
      .goaway(1)
      .goaway(99)
      .goaway(2 ** 31 - 1),
  'half a frame': (session) => void session.respond().socket.write(Buffer.from([0, 0, 9, 0])),
  garbage: (session, random) => void session.socket.write(garbage(random)),
  'garbage while idle': (session, random) => {
    session.respond()
    session.whenIdle(100, () => void session.socket.write(garbage(random)))
  },
  'a bad head': (session, random) => session.send(headers!, 5, session.stream, garbage(random)),
}

function randomServer(random: Random): [manners: string[], Promise<{ port: number }>] {
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const manners = Array.from({ length: 1 + Math.floor(random() * 4) }, () => one(Object.keys(answers)))
  const wellBehaved = random()
  const pings = random() < 0.7
  const started = rawHttp2(
    {
      requested: (session) => {
        if (random() < wellBehaved) session.respond()
        else answers[one(manners)]!(session, random)
      },
      ...(!pings && { pinged: () => {} }),
    },
    random() < 0.3,
  )
  return [manners, started]
}

const maxRequests = 80
const policy = resolvePolicy({ behind: ['aws-nlb', 'aws-alb'] })

/** Probes one; a probe that hangs fails by itself. */
async function probeOne(seed: number): Promise<void> {
  const [manners, started] = randomServer(seeded(seed))
  const shown = `seed ${seed}: ${manners.join(', ')}`
  const { port } = await started
  const probed = [`http://127.0.0.1:${port}/`, `https://127.0.0.1:${port}/`].map(async (url) => {
    try {
      const { report } = await probeAt(url, { http2: true, maxWait: 800, maxRequests })
      expect(report.requests, shown).toBeLessThanOrEqual(maxRequests)
      const judged = { ...report, findings: judge(report, policy) }
      for (const line of reportLines(judged, [], resultOf(judged, [], false), plainLook)) {
        expect(line, shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
        expect(line, shown).not.toMatch(/undefined|NaN|Infinity|∞|null/)
      }
    } catch (error) {
      if (!(error instanceof ProbeFailure)) throw error
      expect(error.message, shown).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]{10,250}$/u)
    }
  })
  await Promise.all(probed)
}

it('whatever an HTTP/2 server does, the probe ends, and says what can be printed', {
  timeout: 60_000,
}, async () => {
  const seeds = Array.from({ length: 60 }, (_, i) => i + 1)
  for (let from = 0; from < seeds.length; from += 15)
    await Promise.all(seeds.slice(from, from + 15).map(probeOne))
})
