import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OpenSet } from '../../../src/pool/open-set.ts'

type Placed = { place: number }

test('holds the same members as a Set after any adds and deletes', () => {
  const among = fc.nat({ max: 9 })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), among)), (steps) => {
      const all: Placed[] = Array.from({ length: 10 }, () => ({ place: -1 }))
      const live = new OpenSet<Placed>()
      const set = new Set<Placed>()
      for (const [comes, at] of steps) {
        const element = all[at]!
        if (!comes) live.delete(element)
        else if (!set.has(element)) live.add(element)
        set[comes ? 'add' : 'delete'](element)
        expect(live.size).toBe(set.size)
      }
      expect(new Set(live)).toEqual(set)
    }),
  )
})

test('a member that is deleted during a visit does not make the visit skip others', () => {
  const live = new OpenSet<Placed>()
  const all: Placed[] = Array.from({ length: 5 }, () => ({ place: -1 }))
  for (const each of all) live.add(each)
  const visited: Placed[] = []
  for (const each of live) {
    visited.push(each)
    live.delete(each)
  }
  expect(visited).toEqual(all)
  expect(live.size).toBe(0)
})
