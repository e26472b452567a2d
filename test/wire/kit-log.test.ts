import { createServer } from 'node:http'
import { pinoHttp } from 'pino-http'
import { expect, it } from 'vitest'
import { AccessLog } from '../../src/cli/advise/logs/access-log.ts'
import { keepAlive } from '../../src/keep-alive.ts'
import { closedLine } from '../../src/reporters/closed-line.ts'
import { connectionProps, withOutcome } from '../../src/reporters/pino.ts'
import { exponential } from '../support/random.ts'
import { listen, stop } from '../support/server.ts'
import { walk } from '../support/walkers.ts'
import { eventually, within } from '../support/within.ts'

const sum = (counts: readonly number[] = []): number => counts.reduce((total, count) => total + count, 0)

it("reads as many idle intervals of the kit's own JSON lines as the kit has counted", async () => {
  const lines: string[] = []
  const outcome = { customSuccessObject: withOutcome, customErrorObject: withOutcome }
  const logger = pinoHttp(
    { customProps: connectionProps, ...outcome },
    { write: (line: string): number => lines.push(line) },
  )
  const kit = keepAlive({
    keepAliveTimeout: 100,
    log: (closed) => void lines.push(`${closedLine(closed, 'json')}\n`),
  })
  const server = createServer((req, res) => {
    logger(req, res)
    res.end('ok')
  })
  kit.attach(server)
  const port = await listen(server)
  const traffic = { clients: 40, requests: 4, gap: exponential(400), timeouts: [500, 5_000] }
  await within(15_000, 'the traffic', walk(traffic, port))
  await eventually(() => kit.snapshot().connections.open === 0, 'the connections to close')
  const { histograms, requests } = kit.snapshot()
  await stop(server)
  const log = new AccessLog({ format: undefined, serverTimeout: undefined })
  log.push(Buffer.from(lines.join('')))
  const { intervals, kind } = log.finish()
  const { reused, clientClosed, cutOff } = histograms.idleGap
  expect({ kind, closesUnseen: intervals.closesUnseen }).toEqual({ kind: 'kit', closesUnseen: false })
  expect(intervals).toMatchObject({ requests: requests.total, requestsReused: requests.reused })
  expect([intervals.reused, intervals.clientClosed, intervals.cutOff, intervals.open].map(sum)).toEqual([
    reused.count,
    clientClosed.count,
    cutOff.count,
    0,
  ])
  expect(clientClosed.count).toBeGreaterThan(10)
  expect(Math.abs(sum(intervals.cutOffSums) - cutOff.sum)).toBeLessThan(1 + cutOff.count)
})
