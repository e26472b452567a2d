import { expect, expectTypeOf, it } from 'vitest'
import { type Advice, type AdviseOptions, advise, type Intervals } from '../../src/advisor/index.ts'
import { keepAlive, mergeSnapshots, type Snapshot } from '../../src/index.ts'
import type { OutgoingSnapshot } from '../../src/outgoing.ts'

// Compiling is the test: each line is what users write.

it('the advisor takes snapshots and intervals', () => {
  const kit = keepAlive()
  expectTypeOf(advise(kit.snapshot())).toEqualTypeOf<Advice>()
  advise(mergeSnapshots([kit.snapshot()]), {
    constraints: { proxyIdleTimeout: 60_000, maxIdleConnections: undefined },
  })
  expectTypeOf(advise).parameter(0).toEqualTypeOf<Snapshot | OutgoingSnapshot | Intervals>()
  expectTypeOf(advise).parameter(1).toEqualTypeOf<AdviseOptions | undefined>()
  expectTypeOf<Advice['recommended']['keepAliveTimeout']>().toEqualTypeOf<number | null>()
  // @ts-expect-error an unknown constraint
  expect(() => advise(kit.snapshot(), { constraints: { reuse: 1 } })).toThrow('reuseShare')
})
