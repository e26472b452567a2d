import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Queue } from '../../../src/pool/queue.ts'

interface Numbered {
  readonly id: number
}

test('is an array that is used at its ends only', () => {
  const steps = fc.array(fc.constantFrom('push', 'push', 'shift', 'clear'), { maxLength: 60, size: 'max' })
  fc.assert(
    fc.property(steps, (given) => {
      const queue = new Queue<Numbered>()
      let array: Numbered[] = []
      given.forEach((step, id) => {
        if (step === 'push') {
          queue.push({ id })
          array.push({ id })
        } else if (step === 'shift') {
          expect(queue.shift()).toEqual(array.shift())
        } else {
          expect(queue.clear()).toEqual(array)
          array = []
        }
        expect([queue.size, queue.first, queue.last]).toEqual([array.length, array[0], array.at(-1)])
      })
      expect(queue.clear()).toEqual(array)
    }),
  )
})
