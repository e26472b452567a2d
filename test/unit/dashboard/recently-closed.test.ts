import { expect, onTestFinished, test } from 'vitest'
import { channels } from '../../../src/channels.ts'
import type { ClosedConnection } from '../../../src/closed.ts'
import { RecentlyClosed } from '../../../src/dashboard/recently-closed.ts'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { TestClock } from '../../support/clock.ts'

function start() {
  const clock = new TestClock()
  const policy = resolvePolicy()
  const recent = new RecentlyClosed({ clock, policy })
  onTestFinished(() => recent.stop())
  const close = (id: number, late = 0, of = policy): void => {
    const connection = { id, late, dropped: 0 } as ClosedConnection
    channels.close.publish({ connection, policy: of })
  }
  return { clock, recent, close }
}

const ids = (all: readonly ClosedConnection[]): number[] => all.map(({ id }) => id)

test('has the latest of its own kit, latest first, and no more than its bound', () => {
  const { recent, close } = start()
  recent.want()
  recent.want()
  close(1)
  close(2, 0, resolvePolicy())
  close(3, 1)
  expect([ids(recent.closed()), ids(recent.lost())]).toEqual([[3, 1], [3]])
  for (let id = 4; id < 2_000; id++) close(id)
  expect(recent.closed()).toHaveLength(500)
  expect(ids(recent.closed()).slice(0, 3)).toEqual([1_999, 1_998, 1_997])
  // The lost outlast the others.
  expect(recent.find(3)).toMatchObject({ id: 3, late: 1 })
  expect(recent.find(1)).toBeUndefined()
  for (let id = 2_000; id < 3_000; id++) close(id, 2)
  expect(recent.lost()).toHaveLength(100)
})

test('listens only while somebody looks, and a while longer', () => {
  const { clock, recent, close } = start()
  close(1)
  expect(channels.close.hasSubscribers).toBe(false)
  recent.want()
  clock.pass(59_000)
  recent.rest()
  close(2)
  clock.pass(2_000)
  recent.rest()
  expect(channels.close.hasSubscribers).toBe(false)
  close(3)
  expect(ids(recent.closed())).toEqual([2])
  recent.want()
  close(4)
  expect(ids(recent.closed())).toEqual([4, 2])
})
