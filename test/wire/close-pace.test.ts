import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Kit } from '../../src/kit/kit.ts'
import type { KeepAliveOptions } from '../../src/policy/options.ts'
import { resolvePolicy } from '../../src/policy/policy.ts'
import { openIdle } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { FakeTime } from '../support/waiting-members.ts'

// Connections that are due at the same time are closed one after another. For the idle timeout the pace is slow, because
// nothing waits for it; a drain and an eviction are faster. The clock is fake, the connections are real.

/** Waits in real loop turns for a condition. */
async function turnUntil(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}

/** A number of idle connections. `begun` contains when the closes began, in ms after `begin`. */
async function setUp(count: number, options: KeepAliveOptions = {}) {
  const time = new FakeTime()
  const clock = { now: () => time.now(), wall: () => 0 }
  const policy = resolvePolicy({ jitter: 0, keepAliveTimeoutBuffer: 0, ...options })
  const kit = new Kit(policy, { clock, random: () => 0, onClosed: undefined })
  const { port } = await serve(
    (_req, res) => void res.end('ok'),
    (server) => kit.attach(server),
  )
  const clients = await openIdle(port, count)
  for (const { socket } of clients) socket.on('end', () => socket.end())
  const idle = (): number => kit.snapshot().connections.states.idle
  await turnUntil(() => idle() === count)
  /** The time between two closes, until this number of connections has begun to close. */
  const pauses = async (wanted: number): Promise<number[]> => {
    const seen: number[] = []
    for (let ms = 0; seen.length < wanted && ms < 1_000; ms++) {
      while (seen.length < count - idle()) seen.push(ms)
      time.pass(1)
      await turn()
    }
    expect(seen).toHaveLength(wanted)
    return seen.slice(1).map((ms, i) => ms - seen[i]!)
  }
  return { time, kit, clients, pauses }
}

describe('connections that are due at the same time close', () => {
  it('20 ms apart by the idle timeout', async () => {
    const { time, pauses } = await setUp(5, { keepAliveTimeout: 60_000 })
    time.pass(60_000)
    expectEach(await pauses(5), 20)
  })

  it('5 ms apart by a drain', async () => {
    const { time, kit, pauses } = await setUp(5)
    // Long after their last use.
    time.pass(10_000)
    const drained = kit.drain({ timeout: 20_000, spread: 0 })
    await turnUntil(() => kit.pool.idle.size === 0)
    expectEach(await pauses(5), 5)
    await drained
  })

  it('5 ms apart by eviction', async () => {
    // An eighth of them is evicted per round.
    const { time, pauses } = await setUp(40, { maxIdle: 39, minIdle: 10_000 })
    time.pass(10_000)
    expectEach(await pauses(5), 5)
  })
})

it('a connection on which a head begins right before its turn stays until Node’s own timeout', async () => {
  const { time, kit, clients } = await setUp(2, { keepAliveTimeout: 200 })
  time.pass(200)
  const [, second] = clients
  const bytes = (): number => kit.connections().reduce((sum, { bytesRead }) => sum + bytesRead, 0)
  const before = bytes()
  second!.write('GET / HT')
  await turnUntil(() => bytes() > before)
  time.pass(100)
  await turn()
  expect(second!.ended).toBeUndefined()
  const deadline = Date.now() + 10_000
  while (second!.ended === undefined && Date.now() < deadline) {
    time.pass(1)
    await turn()
  }
  expect(second!.ended).toBe('FIN')
})

/** A loop turn takes at most 1 ms. */
function expectEach(pauses: readonly number[], wanted: number): void {
  for (const pause of pauses) {
    expect(pause).toBeGreaterThanOrEqual(wanted)
    expect(pause).toBeLessThanOrEqual(wanted + 1)
  }
}
