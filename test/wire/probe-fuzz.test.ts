import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { plainLook } from '../../src/cli/look.ts'
import { reportLines } from '../../src/cli/probe/report.ts'
import { resolvePolicy } from '../../src/policy/policy.ts'
import { ProbeFailure } from '../../src/probe/failure.ts'
import { judge } from '../../src/probe/judge.ts'
import { resultOf } from '../../src/probe/result.ts'
import { answering, ok, rawServer } from '../support/hostile.ts'
import { probeAt } from '../support/probe.ts'
import { seeded } from '../support/random.ts'

type Answer = (socket: Socket, random: () => number) => void

/** After a moment, unless the connection is gone by then. */
const later = (ms: number, act: () => void): void => void setTimeout(act, ms)

const endless = (socket: Socket, text: string): void => {
  const timer = setInterval(() => socket.write(text), 20)
  socket.once('close', () => clearInterval(timer))
}

/** What a server does with a request, from good manners to none. */
const answers: Readonly<Record<string, Answer>> = {
  slow: (socket, random) => later(300 * random(), () => socket.write(ok)),
  trickling: (socket) => {
    for (const [i, letter] of [...ok].entries()) later(2 * i, () => socket.write(letter))
  },
  interim: (socket) =>
    socket.write(`HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${ok}`),
  'interim for ever': (socket) => endless(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'),
  'interim while idle': (socket) => {
    socket.write(ok)
    endless(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n')
  },
  'HTTP/1.0': (socket) => socket.write('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  'said to close': (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
  'closed after it': (socket) => socket.end(ok),
  'closed while idle': (socket, random) => {
    socket.write(ok)
    later(100 + 300 * random(), () => socket.end())
  },
  '408 while idle': (socket, random) => {
    socket.write(ok)
    later(100 + 300 * random(), () => socket.end('HTTP/1.1 408 Request Timeout\r\n\r\n'))
  },
  'reset after it': (socket) => {
    socket.write(ok)
    later(1, () => socket.resetAndDestroy())
  },
  closed: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  'cut short': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok'),
  'two of them': (socket) => socket.write(ok + ok),
  none: () => {},
  garbage: (socket) => socket.write('\u001b[2J\r\n'),
  lies: (socket) =>
    socket.write(
      'HTTP/1.1 302 Found\r\nKeep-Alive: timeout=99999999999999999999, max=0\r\nServer: nginx\u001b[0m\r\n' +
        `Location: ${'\u001b]0;x\u0007'.repeat(500)}\r\nConnection: keep-alive, \u009b2J\r\nContent-Length: 0\r\n\r\n`,
    ),
}

/** A server that mostly answers well, and else as some of those above. */
function randomServer(random: () => number): [manners: string[], Promise<{ port: number }>] {
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const manners = Array.from({ length: 1 + Math.floor(random() * 4) }, () => one(Object.keys(answers)))
  const wellBehaved = random()
  const started = rawServer((socket) => {
    // Each answer may wait for the end.
    socket.setMaxListeners(1_000)
    answering(() => {
      if (!socket.writable) return
      if (random() < wellBehaved) socket.write(ok)
      else answers[one(manners)]!(socket, random)
    })(socket)
  })
  return [manners, started]
}

const maxRequests = 80
const policy = resolvePolicy({ behind: ['aws-nlb', 'aws-alb'] })

/** Probes one; a probe that hangs fails by itself. */
async function probeOne(seed: number): Promise<void> {
  const [manners, started] = randomServer(seeded(seed))
  const { port } = await started
  const shown = `seed ${seed}: ${manners.join(', ')}`
  try {
    const { report } = await probeAt(port, { maxWait: 800, maxRequests })
    expect(report.requests, shown).toBeLessThanOrEqual(maxRequests)
    const judged = { ...report, findings: judge(report, policy) }
    const lines = reportLines(judged, [], resultOf(judged, [], false), plainLook)
    for (const line of lines) {
      expect(line, shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
      expect(line, shown).not.toMatch(/undefined|NaN|Infinity|∞|null/)
    }
  } catch (error) {
    if (!(error instanceof ProbeFailure)) throw error
    expect(error.message, shown).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]{10,250}$/u)
  }
}

it('whatever a server does, the probe ends, and says what can be printed', { timeout: 60_000 }, async () => {
  const seeds = Array.from({ length: 80 }, (_, i) => i + 1)
  for (let from = 0; from < seeds.length; from += 20)
    await Promise.all(seeds.slice(from, from + 20).map(probeOne))
})
