import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdleQueue } from '../../../src/pool/idle-queue.ts'
import { type Link, List } from '../../../src/pool/list.ts'
import { FakeTime, WaitingMember } from '../../support/waiting-members.ts'

type Linked = { id: number } & Link<Linked>

test('a list is an array from which any member can be removed', () => {
  const steps = fc.array(fc.nat({ max: 9 }), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (given) => {
      const all = Array.from(
        { length: 10 },
        (_, id): Linked => ({ id, list: undefined, previous: undefined, next: undefined }),
      )
      const list = new List<Linked>()
      const other = new List<Linked>()
      let array: Linked[] = []
      for (const at of given) {
        const element = all[at]!
        if (array.includes(element)) {
          list.remove(element)
          array = array.filter((each) => each !== element)
          // A member that has left may join another list.
          other.add(element)
          other.remove(element)
        } else {
          list.add(element)
          array.push(element)
        }
        expect(list.size).toBe(array.length)
        expect(list.first?.id).toBe(array[0]?.id)
        expect([...list].map(({ id }) => id)).toEqual(array.map(({ id }) => id))
        for (const each of all) expect(each.list).toBe(array.includes(each) ? list : undefined)
      }
    }),
  )
})

test('the queue is ordered by idle time, for kit timers and Node timers', () => {
  const time = new FakeTime()
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 9 }))), (steps) => {
      const all = Array.from({ length: 10 }, (_, i) => new WaitingMember(String(i), time, [], i % 2 === 0))
      const queue = new IdleQueue<WaitingMember>()
      let array: WaitingMember[] = []
      for (const [comes, at] of steps) {
        const member = all[at]!
        time.pass(1)
        if (!comes) {
          queue.remove(member)
          array = array.filter((each) => each !== member)
        } else {
          if (!array.includes(member)) {
            member.waitsSince = time.now()
            array.push(member)
          }
          // Joining twice has no effect.
          queue.add(member)
        }
        expect(queue.size).toBe(array.length)
        expect(queue.first?.name).toBe(array[0]?.name)
        expect(queue.firstDue?.name).toBe(array.find(({ timed }) => timed)?.name)
        expect([...queue].map(({ name }) => name)).toEqual(array.map(({ name }) => name))
      }
    }),
  )
})
