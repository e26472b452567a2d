import type { ClosedConnection } from '../../src/closed.ts'
import { type KeepAlive, keepAlive } from '../../src/keep-alive.ts'
import type { KeepAliveOptions } from '../../src/policy/options.ts'
import { eventually } from './within.ts'

/** A kit that keeps its closed records. */
export interface TestKit {
  readonly kit: KeepAlive
  readonly closed: ClosedConnection[]
  /** Waits for the next closed record that has not been taken yet. */
  nextClosed(): Promise<ClosedConnection>
}

export function makeKit(options: Omit<KeepAliveOptions, 'log'> = {}): TestKit {
  const closed: ClosedConnection[] = []
  let taken = 0
  return {
    kit: keepAlive({ jitter: 0, ...options, log: (record) => closed.push(record) }),
    closed,
    async nextClosed() {
      await eventually(() => closed.length > taken, 'a closed record')
      return closed[taken++]!
    },
  }
}
