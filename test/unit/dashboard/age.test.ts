import { expect, test } from 'vitest'
import { ageOf } from '../../../src/dashboard/page/age.ts'

const takenAt = Date.UTC(2026, 0, 1, 12)

test('numbers are live until an update is overdue', () => {
  expect(ageOf(false, 4_000, 4_000, takenAt)).toEqual({ state: 'live', text: '' })
  expect(ageOf(false, 4_001, 4_001, takenAt)).toEqual({
    state: 'stale',
    text: expect.stringMatching(
      /^No update for 4 s: the server is gone, or cannot be reached\. These numbers are of \d\d:00:00\.$/,
    ),
  })
})

test('whoever paused them knows from when they are, and no server is called gone for that', () => {
  expect(ageOf(true, 90_000, 90_000, takenAt)).toEqual({
    state: 'paused',
    text: expect.stringMatching(/^Paused\. These numbers are of \d\d:00:00\. They are 90 s old\.$/),
  })
})

test('after a pause the server has its time to answer, and the numbers are as old as they are', () => {
  expect(ageOf(false, 300_000, 3_000, takenAt).state).toBe('live')
  expect(ageOf(false, 300_000, 5_000, takenAt).text).toMatch(/^No update for 5 min:/)
})
