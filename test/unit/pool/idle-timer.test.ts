import { expect, it, vi } from 'vitest'
import { IdleQueue } from '../../../src/pool/idle-queue.ts'
import { IdleTimer } from '../../../src/pool/idle-timer.ts'
import { FakeTime, type Happened, WaitingMember } from '../../support/waiting-members.ts'

const wait = 1_000

function setUp(wanted = wait) {
  const time = new FakeTime()
  const happened: Happened[] = []
  const queue = new IdleQueue<WaitingMember>()
  const timer = new IdleTimer(queue, time, wanted)
  const add = (name: string, timed = true): WaitingMember => {
    const member = new WaitingMember(name, time, happened, timed)
    queue.add(member)
    if (timed) timer.start()
    return member
  }
  const due = (): [string, number][] => happened.map(({ name, waited }) => [name, waited])
  return { time, queue, timer, add, due }
}

it('expires for each connection at its own time', () => {
  const { time, add, due } = setUp()
  add('first')
  time.pass(400)
  add('second')
  time.pass(599)
  expect(due()).toEqual([])
  time.pass(1)
  expect(due()).toEqual([['first', wait]])
  time.pass(399)
  expect(due()).toHaveLength(1)
  time.pass(1)
  expect(due().at(-1)).toEqual(['second', wait])
  expect(vi.getTimerCount()).toBe(0)
})

it('starts again after a pause without idle connections', () => {
  const { time, add, due } = setUp()
  add('first')
  time.pass(5_000)
  add('second')
  time.pass(wait - 1)
  expect(due()).toHaveLength(1)
  time.pass(1)
  expect(due()).toHaveLength(2)
})

it('uses one timer for all', () => {
  const { time, add } = setUp()
  for (let i = 0; i < 5; i++) {
    add(String(i))
    time.pass(1)
  }
  expect(vi.getTimerCount()).toBe(1)
})

it('expires at once for what is due within 1 ms, and after 10 ms for what is due by then', () => {
  const { time, add, due } = setUp()
  add('at 0')
  time.pass(1)
  add('at 1')
  time.pass(1)
  add('at 2')
  time.pass(wait - 2)
  expect(due()).toEqual([
    ['at 0', wait],
    ['at 1', wait - 1],
  ])
  time.pass(9)
  expect(due()).toHaveLength(2)
  time.pass(1)
  expect(due().at(-1)).toEqual(['at 2', wait + 8])
})

it('skips connections that have left or have their own timeout', () => {
  const { time, queue, add, due } = setUp()
  const gone = add('gone')
  add('own', false)
  add('stays')
  queue.remove(gone)
  time.pass(2 * wait)
  expect(due()).toEqual([['stays', wait]])
  expect(queue.size).toBe(1)
})

it('expires also for a connection that becomes idle again when it is due', () => {
  const { time, queue, timer, add, due } = setUp()
  const member = add('again')
  add('other')
  member.whenDue = () => {
    member.waitsSince = time.now()
    queue.add(member)
    timer.start()
  }
  time.pass(wait)
  expect(due().map(([name]) => name)).toEqual(['again', 'other'])
  expect(vi.getTimerCount()).toBe(1)
  time.pass(wait)
  expect(due().map(([name]) => name)).toEqual(['again', 'other', 'again'])
})

it('expires for the others although one of them throws', () => {
  const { time, add, due } = setUp()
  add('throws').whenDue = () => {
    throw new Error("a user's listener")
  }
  add('other')
  expect(() => time.pass(wait)).toThrow("a user's listener")
  expect(due()).toHaveLength(1)
  time.pass(10)
  expect(due().map(([name]) => name)).toEqual(['throws', 'other'])
})

it('may exceed the max timer of Node', () => {
  const longest = 2 ** 31 - 1
  const { time, add, due } = setUp(longest + 5_000)
  add('patient')
  time.pass(60_000)
  expect(vi.getTimerCount()).toBe(1)
  // If a timer exceeds its max, Node fires it at once, again and again.
  expect(time.reads).toBeLessThan(10)
  time.pass(longest - 60_000)
  expect(due()).toEqual([])
  time.pass(5_000)
  expect(due()).toEqual([['patient', longest + 5_000]])
})
