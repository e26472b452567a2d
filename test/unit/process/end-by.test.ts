import { expect, test } from 'vitest'
import { endBy } from '../../../src/process/end-by.ts'

function endedBy(pid: number): string[] {
  const calls: string[] = []
  endBy('SIGTERM', {
    pid,
    kill: (...args) => {
      calls.push(`kill ${args.join(' ')}`)
      return true
    },
    exit: (code) => {
      calls.push(`exit ${code}`)
      return undefined as never
    },
  })
  return calls
}

test('the signal ends the process', () => {
  expect(endedBy(4711)).toEqual(['kill 4711 SIGTERM'])
})

test('PID 1 of a container, which the signal does not end, exits', () => {
  expect(endedBy(1)).toEqual(['exit 143'])
})
