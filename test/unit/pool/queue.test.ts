import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Queue } from '../../../src/pool/queue.ts'

test('is an array of which only the ends are used', () => {
  const steps = fc.array(fc.oneof(fc.nat(3_000), fc.constant('shift' as const)), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (given) => {
      const [queue, array] = [new Queue<number>(), [] as number[]]
      let next = 0
      for (const step of given) {
        if (step === 'shift') {
          const most = Math.ceil(array.length * 0.7) + 1
          for (let i = 0; i < most; i++) expect(queue.shift()).toBe(array.shift())
        } else
          for (let i = 0; i < step; i++) {
            queue.push(next)
            array.push(next++)
          }
        expect(queue.size).toBe(array.length)
      }
      expect(queue.clear()).toEqual(array)
      expect([queue.size, queue.shift()]).toEqual([0, undefined])
    }),
    { numRuns: 30 },
  )
})
