import { describe, expect, it } from 'vitest'
import { advise } from '../../src/advisor/advise.ts'
import { AccessLog } from '../../src/cli/advise/logs/access-log.ts'
import {
  type LoggedFormat,
  type Logging,
  loggedFormats,
  nameOf,
  startLoggingApache,
  startLoggingCaddy,
  startLoggingHaproxy,
  startLoggingNginx,
} from '../support/log-formats.ts'
import { seeded } from '../support/random.ts'
import { sum } from '../support/sums.ts'
import { type Walk, walk } from '../support/walkers.ts'

const clients = 12
const requests = 4

const gap = (random: () => number): number => 300 + 1_500 * random()

const traffic: Walk = { clients, requests, gap, timeouts: [60_000] }

/** Those of walk(), in order. */
const truth = Array.from({ length: clients }, (_, client) => {
  const random = seeded(client + 1)
  return Array.from({ length: requests }, () => gap(random))
})
  .flat()
  .sort((a, b) => a - b)

/** Reads a log and compares what it says with what was sent. */
function check(lines: Buffer, format: string | undefined, resolution: number): void {
  const log = new AccessLog({ format, serverTimeout: 15_000 })
  log.push(lines)
  const { intervals, notes } = log.finish()
  expect(intervals.requests, notes.join('\n')).toBe(clients * (requests + 1))
  expect(intervals.requestsReused).toBe(clients * requests)
  const gaps = intervals.reused.flatMap((count, bin) => Array<number>(count).fill(intervals.bounds[bin]!))
  expect(gaps).toHaveLength(truth.length)
  for (const [i, each] of gaps.entries())
    expect(Math.abs(each - truth[i]!), `gap ${i} of ${truth[i]} ms`).toBeLessThan(resolution + 150)
  expect(advise(intervals).warnings.some(({ code }) => code === 'times-rounded')).toBe(resolution > 1)
  expect(sum(intervals.clientClosed)).toBe(0)
}

function refuse(lines: Buffer, format: string | undefined, words: RegExp): void {
  expect(() => {
    const log = new AccessLog({ format, serverTimeout: 15_000 })
    log.push(lines)
    log.finish()
  }).toThrow(words)
}

const logs = new Map<string, Buffer>()

it('real servers write their logs', { timeout: 60_000 }, async () => {
  const servers: readonly (readonly [string, Logging])[] = await Promise.all([
    startLoggingNginx().then((server) => ['nginx', server] as const),
    startLoggingApache().then((server) => ['apache', server] as const),
    startLoggingCaddy().then((server) => ['caddy', server] as const),
    startLoggingHaproxy().then((server) => ['haproxy', server] as const),
  ])
  await Promise.all(servers.map(([, { port }]) => walk(traffic, port)))
  // Logs are written when a request is over, and some of them a little later.
  await new Promise((done) => setTimeout(done, 500))
  for (const [server, { log }] of servers) {
    const own = loggedFormats.filter((format) => format.server === server).map(nameOf)
    for (const name of own.length > 0 ? own : [server]) logs.set(`${server} ${name}`, log(name))
  }
})

describe.each(loggedFormats.map((format) => [`${format.server} ${nameOf(format)}`, format] as const))(
  '%s',
  (name, { lines, given, directive, resolution = 1 }: LoggedFormat) => {
    it(lines === 'read' ? 'is recognised' : 'is refused without --format', () => {
      if (lines === 'read') check(logs.get(name)!, undefined, resolution)
      else refuse(logs.get(name)!, undefined, lines)
    })

    it(given === 'read' ? 'is read with its directive' : 'is refused with its directive', () => {
      if (given === 'read') check(logs.get(name)!, directive, resolution)
      else refuse(logs.get(name)!, directive, given)
    })
  },
)

it.each(['caddy', 'haproxy'])('%s is recognised', (server) => {
  check(logs.get(`${server} ${server}`)!, undefined, 1)
})
