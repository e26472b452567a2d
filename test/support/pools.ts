import type { Snapshot } from '../../src/stats/snapshot.ts'
import { LedgerBench, type ToldConnection } from './ledger.ts'
import { type Draw, seeded } from './random.ts'

/** Which idle connection a pool takes: the most recently used one, the one that was idle longest, or any. */
export type Order = 'lifo' | 'fifo' | 'random'

export interface PoolTraffic {
  readonly order: Order
  /** Between two requests of one client, in ms. */
  readonly between: Draw
  /** How long a response takes, in ms. */
  readonly service: Draw
  readonly clients?: number
  /** The idle timeout of the server, in ms. */
  readonly kept: number
  /** In ms. */
  readonly duration: number
}

/** What the ledger counts for clients with a pool of connections each: a closed loop, in which the timeout changes the gaps. */
export function servePools({ order, between, service, clients = 1, kept, duration }: PoolTraffic): Snapshot {
  const random = seeded(11)
  const bench = new LedgerBench({ idleTimeout: kept })
  const pools = Array.from({ length: clients }, (_, n) => ({
    address: `10.0.0.${n}`,
    next: between(random),
    idle: [] as ToldConnection[],
    busy: [] as (readonly [number, ToldConnection])[],
  }))
  let now = 0
  const passTo = (at: number): void => {
    bench.clock.pass(at - now)
    now = at
  }
  for (;;) {
    // The next event: a request, the end of a response, or an idle timeout.
    let at = duration
    let act: (() => void) | undefined
    for (const pool of pools) {
      if (pool.next < at) {
        at = pool.next
        act = () => {
          pool.next = now + between(random)
          const index =
            order === 'lifo'
              ? pool.idle.length - 1
              : order === 'fifo'
                ? 0
                : Math.floor(random() * pool.idle.length)
          const record = pool.idle.length > 0 ? pool.idle.splice(index, 1)[0]! : bench.open(pool.address)
          record.begin()
          pool.busy.push([now + service(random), record])
          pool.busy.sort(([one], [other]) => one - other)
        }
      }
      if (pool.busy.length > 0 && pool.busy[0]![0] < at) {
        at = pool.busy[0]![0]
        act = () => {
          const [, record] = pool.busy.shift()!
          bench.ledger.answered()
          record.rest()
          pool.idle.push(record)
        }
      }
      // The list is in the order of the ends of the responses: the first has been idle longest.
      const oldest = pool.idle[0]
      if (oldest && now + kept - oldest.gap() < at) {
        at = now + kept - oldest.gap()
        act = () => {
          pool.idle.shift()
          oldest.close('idle-timeout')
          bench.end(oldest, 'idle-timeout', 'server')
        }
      }
    }
    passTo(at)
    if (!act) return bench.snapshot()
    act()
  }
}
