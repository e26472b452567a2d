import { describe, expect, it } from 'vitest'
import type { ConnectionRecord } from '../../../src/connection/record.ts'
import { type Drained, drain } from '../../../src/kit/drain.ts'
import { type DrainOptions, resolveDrainOptions } from '../../../src/policy/drain-options.ts'
import { IdleQueue } from '../../../src/pool/idle-queue.ts'
import { OpenSet } from '../../../src/pool/open-set.ts'
import type { Pool } from '../../../src/pool/pool.ts'
import type { State } from '../../../src/reasons.ts'
import type { Snapshot } from '../../../src/stats/snapshot.ts'
import { TestClock } from '../../support/clock.ts'
import { emptySnapshot } from '../../support/empty-snapshot.ts'

/** A clock that advances at each read by the next number; the last number repeats. */
class ReadClock extends TestClock {
  readonly #steps: readonly number[]
  #reads = 0

  constructor(...steps: readonly number[]) {
    super()
    this.#steps = steps
  }

  override now(): number {
    this.pass(this.#steps[Math.min(this.#reads++, this.#steps.length - 1)]!)
    return super.now()
  }
}

/** The parts of a connection that a drain uses. */
interface Drainable {
  state: State
  unclear: boolean
  decided: string | undefined
  readonly marks: { verdict: string | undefined }
  readonly socket: { destroyed: boolean }
}

/** How long a poll takes, by the clock. */
const tick = 100

/** A kit with connections of these idle times; `stubborn` ones do not close. */
function makeKit(waited: readonly number[], { minIdle = 0, stubborn = false } = {}) {
  const clock = new TestClock()
  const begun = clock.now()
  const idle = new IdleQueue<ConnectionRecord>()
  const open = new OpenSet<ConnectionRecord>()
  const closes: { at: number; waited: number }[] = []
  const told = { stopped: 0, unclear: 0, destroyed: 0 }
  const add = (state: State, waitsSince: number, unclear = false): ConnectionRecord => {
    const connection = {
      state,
      unclear,
      decided: undefined as string | undefined,
      marks: { verdict: undefined as string | undefined },
      socket: { destroyed: false },
      timed: true,
      waitsSince,
      place: -1,
      list: undefined,
      waitedFor: () => clock.now() - waitsSince,
      closeIdle(reason: string) {
        closes.push({ at: clock.now() - begun, waited: clock.now() - waitsSince })
        connection.decided = reason
        connection.state = 'closing'
        if (!stubborn) open.delete(connection as unknown as ConnectionRecord)
      },
    }
    open.add(connection as unknown as ConnectionRecord)
    if (state === 'idle') idle.add(connection as unknown as ConnectionRecord)
    return connection as unknown as ConnectionRecord
  }
  for (const ms of waited) add('idle', begun - ms)
  const kit: { -readonly [key in keyof Drained]: Drained[key] } = {
    clock,
    policy: { minIdle },
    pool: { idle, open } as unknown as Pool<ConnectionRecord>,
    snapshot: (): Snapshot => emptySnapshot(),
    stopAccepting: () => void told.stopped++,
    async countOpen() {
      clock.pass(tick)
      return open.size
    },
    closeUnclear: () => {
      told.unclear++
      for (const connection of open) if (connection.unclear) open.delete(connection)
    },
    leavesUpgraded: false,
    destroyAll: () => void told.destroyed++,
  }
  const run = (options: DrainOptions = {}) => drain(kit, resolveDrainOptions(options))
  return { kit, clock, closes, told, add, run }
}

describe('an idle connection', () => {
  it('is closed at once if it was not used for 2 s', async () => {
    const { closes, run, told } = makeKit([3_000, 2_000])
    const report = await run()
    expect(closes.map(({ at }) => at)).toEqual([tick, tick])
    expect(report).toMatchObject({ closedIdle: 2, duration: 2 * tick })
    expect(told).toMatchObject({ stopped: 1, destroyed: 0 })
  })

  it('stays open for 2 s after its last use', async () => {
    const { closes, run } = makeKit([0])
    await run()
    expect(closes).toEqual([{ at: 2_000, waited: 2_000 }])
  })

  it('stays open for a third of the timeout if that is shorter', async () => {
    const { closes, run } = makeKit([0])
    await run({ timeout: 3_000 })
    expect(closes).toEqual([{ at: 1_000, waited: 1_000 }])
  })

  it('stays open for minIdle if that is longer', async () => {
    const { closes, run } = makeKit([0], { minIdle: 3_500 })
    await run()
    expect(closes).toEqual([{ at: 3_500, waited: 3_500 }])
  })

  // The first at once, then one more per fifth of the time, seen at the next poll.
  it.each([
    ['spread', { spread: 1_000, timeout: 30_000 }, [0, 100, 300, 500, 700]],
    // 0.8 of the timeout minus a third of it: 1,400.
    ['what the timeout leaves of it', { spread: 3_000, timeout: 3_000 }, [0, 100, 300, 600, 900]],
    ['no time where there is no spread', { spread: 0, timeout: 3_000 }, [0, 0, 0, 0, 0]],
    ['no time where the timeout leaves none', { spread: 0, timeout: 0 }, []],
  ])('is closed at an even pace, within %s', async (_, options, wanted) => {
    const { closes, run } = makeKit([9_000, 8_000, 7_000, 6_000, 5_000])
    await run(options)
    expect(closes.map(({ at }) => at - closes[0]!.at)).toEqual(wanted)
    const order = closes.map(({ at, waited }) => waited - at)
    expect(order).toEqual([9_000, 8_000, 7_000, 6_000, 5_000].slice(0, wanted.length))
  })
})

it('this time is a share of the time that readiness has left', async () => {
  const { clock, closes, add, run } = makeKit([])
  const readiness = (): void => {
    clock.pass(600)
    add('idle', clock.now())
  }
  await run({ timeout: 3_000, readiness })
  expect(closes).toEqual([{ at: 1_400, waited: 800 }])
})

it('the drain polls at intervals', async () => {
  const { run, add } = makeKit([])
  add('active', 0)
  const begun = performance.now()
  const looks = 20
  await run({ timeout: looks * tick })
  expect(performance.now() - begun).toBeGreaterThan(5 * (looks - 1))
})

describe('the report', () => {
  it('counts only what happens after the call', async () => {
    const { kit, run } = makeKit([5_000])
    let [answered, late, released] = [10, 20, 30]
    kit.snapshot = () => {
      const { connections, requests, ...rest } = emptySnapshot()
      return {
        ...rest,
        connections: { ...connections, released },
        requests: { ...requests, answered, late },
      }
    }
    const { countOpen } = kit
    kit.countOpen = () => {
      answered += 3
      late += 2
      released += 1
      return countOpen()
    }
    // Two polls: before and after the close.
    expect(await run()).toMatchObject({ answered: 6, late: 4, released: 2 })
  })

  it('does not count a connection as closed idle if its last look found a request', async () => {
    const { run, kit, clock } = makeKit([5_000, 5_000, 5_000])
    const [answered, kept] = [...kit.pool.open] as unknown as Drainable[]
    const { countOpen } = kit
    kit.countOpen = async () => {
      if (clock.now() > 0) {
        answered!.marks.verdict = 'drain'
        kept!.decided = undefined
      }
      return countOpen()
    }
    expect((await run()).closedIdle).toBe(1)
  })

  it('lists what was destroyed at the timeout, by state', async () => {
    const { run, add, told, kit } = makeKit([9_000], { stubborn: true })
    for (const state of ['new', 'active', 'active', 'upgraded', 'closed'] as const) add(state, 0)
    add('active', 0, true)
    ;(add('active', 0) as unknown as Drainable).socket.destroyed = true
    const { size } = kit.pool.open
    // Node counts two more that have no record.
    kit.countOpen = async () => {
      ;(kit.clock as TestClock).pass(tick)
      return size + 2
    }
    const report = await run({ timeout: 1_000 })
    expect(report.forced).toEqual({ new: 1, active: 2, idle: 0, closing: 1, upgraded: 1, unknown: 3 })
    expect(told.destroyed).toBe(1)
    expect(report.duration).toBe(1_000)
  })
})

it('the only remaining connection is destroyed at the timeout', async () => {
  const { run, add, told } = makeKit([])
  add('active', 0)
  expect((await run({ timeout: 500 })).forced).toMatchObject({ active: 1 })
  expect(told.destroyed).toBe(1)
})

describe('a connection that was open before the kit was attached', () => {
  it('is left to Node when it is the only one left', async () => {
    const { run, add, told } = makeKit([1_500])
    add('active', 0, true)
    await run()
    expect(told).toEqual({ stopped: 1, unclear: 1, destroyed: 0 })
  })

  it.each(['active', 'closing', 'new'] as const)('is not closed while another is %s', async (state) => {
    const { run, add, told } = makeKit([])
    add('active', 0, true)
    add(state, 0)
    await run({ timeout: 500 })
    expect(told).toEqual({ stopped: 1, unclear: 0, destroyed: 1 })
  })

  it('does not wait for upgraded connections', async () => {
    const { run, add, told } = makeKit([])
    add('active', 0, true)
    add('upgraded', 0)
    await run({ timeout: 500 })
    expect(told.unclear).toBeGreaterThan(0)
  })
})

describe('the listening socket stays open', () => {
  /** @returns the time from the call to the close if loop turns take this long. */
  async function stopsAfter(...turns: readonly number[]): Promise<number> {
    const { kit } = makeKit([])
    // Each turn reads the clock at its start and its end. Two reads come before.
    const clock = new ReadClock(0, 0, ...turns.flatMap((turn) => [0, turn]))
    const begun = clock.wall()
    let stopped = Number.NaN
    await drain(
      {
        ...kit,
        clock,
        stopAccepting: () => {
          stopped = clock.wall() - begun
        },
        countOpen: async () => 0,
      },
      resolveDrainOptions({}),
    )
    return stopped
  }

  it('for a short turn of the loop, which accepts the waiting connections', async () => {
    const { kit, run } = makeKit([])
    const order: string[] = []
    kit.stopAccepting = () => void order.push('closed')
    const drained = run()
    setImmediate(() => order.push('turn'))
    await drained
    expect(order).toEqual(['turn', 'closed'])
    expect(await stopsAfter(0)).toBe(0)
  })

  it('until a turn is short: during a long turn more may have arrived', async () => {
    expect(await stopsAfter(50, 30, 1, 0)).toBe(81)
    expect(await stopsAfter(50, 0.15, 30, 0)).toBe(80)
  })

  it('for at most half a second', async () => {
    expect(await stopsAfter(...Array<number>(100).fill(20))).toBe(500)
  })
})
