import { expect, test } from 'vitest'
import { keepAlive } from '../../../src/keep-alive.ts'

test.each([
  ['7', 'Convert the text with Number(id)'],
  [undefined, 'Pass the id of a connection'],
  [{ id: 7 }, 'Pass the id of a connection'],
  [7n, 'Pass the id of a connection'],
])('timeline(%o) throws and says what to pass', (id, remedy) => {
  expect(() => keepAlive().timeline(id as never)).toThrow(
    expect.objectContaining({
      code: 'ERR_KEEPALIVE_OPTION_TYPE',
      message: expect.stringContaining("timeline() takes a connection's id, a number, got "),
      remedy: expect.stringContaining(remedy),
    }),
  )
})

test('timeline() of a number that is no id returns undefined', () => {
  for (const id of [7, -1, Number.NaN]) expect(keepAlive().timeline(id)).toBe(undefined)
})
