import { expect, it, vi } from 'vitest'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { IdleQueue } from '../../../src/pool/idle-queue.ts'
import { ReducedTimeouts } from '../../../src/pool/reduced-timeouts.ts'
import { addWaiting, FakeTime, type Happened, WaitingMember } from '../../support/waiting-members.ts'

const keepAliveTimeout = 10_000
const buffer = 700
/** With 20 connections open the timeout is `least`. */
const least = 2_000
const reduce = { scalingThreshold: 10, saturationThreshold: 20, minTimeout: least }

/** A number of connections that are idle for the same time. */
function setUp(count: number, keepAliveTimeoutBuffer = buffer) {
  const time = new FakeTime()
  const happened: Happened[] = []
  const queue = new IdleQueue<WaitingMember>()
  const open = { size: count }
  addWaiting(queue, count, time, happened)
  const policy = resolvePolicy({ keepAliveTimeout, keepAliveTimeoutBuffer, reduceTimeouts: reduce })
  const timeouts = new ReducedTimeouts(policy, reduce, queue, open)
  return { time, happened, queue, open, timeouts }
}

it('is in force from the first threshold on', () => {
  const { timeouts, open } = setUp(10)
  expect(timeouts.timeout()).toBe(keepAliveTimeout)
  open.size = 11
  expect(timeouts.timeout()).toBe(9_200)
  open.size = 20
  expect(timeouts.timeout()).toBe(least)
})

it('closes nothing below the threshold', () => {
  const { timeouts, time, happened } = setUp(10)
  time.pass(keepAliveTimeout - 1)
  timeouts.check()
  expect(happened).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})

it('closes connections that were idle for timeout and buffer, and the others when they are due', () => {
  const { timeouts, time, happened, queue, open } = setUp(10)
  time.pass(1_500)
  for (let i = 10; i < 20; i++) queue.add(new WaitingMember(String(i), time, happened))
  open.size = 20
  time.pass(least + buffer - 1_500 - 1)
  timeouts.check()
  expect(happened).toEqual([])
  // A wait this short is extended, so that one check serves several closes.
  time.pass(9)
  expect(happened).toEqual([])
  time.pass(1)
  expect(happened.map(({ what, waited }) => [what, waited])).toEqual(
    Array(10).fill(['idle-timeout', least + buffer + 9]),
  )
  time.pass(1_490)
  expect(happened).toHaveLength(10)
  time.pass(10)
  expect(happened).toHaveLength(20)
  expect(vi.getTimerCount()).toBe(0)
})

it('closes a connection at once that was idle for exactly that time', () => {
  const { timeouts, time, happened } = setUp(20)
  time.pass(least + buffer)
  timeouts.check()
  expect(happened).toHaveLength(20)
})

it('checks once a second while it is in force', () => {
  const { timeouts, time, happened, open } = setUp(11)
  timeouts.check()
  expect(vi.getTimerCount()).toBe(1)
  timeouts.check()
  expect(vi.getTimerCount()).toBe(1)
  time.pass(2_800)
  open.size = 20
  // More connections open between two checks; the next check sees it.
  time.pass(199)
  expect(happened).toEqual([])
  time.pass(1)
  expect(happened).toHaveLength(11)
})

it('ends when the number falls below the threshold', () => {
  const { timeouts, time, happened, open } = setUp(20)
  timeouts.check()
  open.size = 10
  time.pass(keepAliveTimeout - 1)
  expect(happened).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})
