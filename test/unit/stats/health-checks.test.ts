import { describe, expect, it } from 'vitest'
import { isHealthChecker } from '../../../src/doctor/traffic/clients.ts'
import { every, SetUp } from '../../support/set-ups.ts'

const hour = 3_600_000
const address = '10.0.0.3'

function checker(happens: (setUp: SetUp) => void): boolean {
  const setUp = new SetUp()
  happens(setUp)
  return isHealthChecker(setUp.snapshot(hour).clients.rows.find((row) => row.address === address)!)
}

describe('a health checker', () => {
  it.each<[string, (setUp: SetUp) => void]>([
    ['by one request at even times', (setUp) => every(10_000, hour, (at) => setUp.once(address, at))],
    [
      'by even times that a busy machine spreads',
      (setUp) => every(5_000, hour, (at) => setUp.once(address, at + 90 * setUp.random())),
    ],
    [
      'by three requests at a time, at even times',
      (setUp) =>
        every(10_000, hour, (at) => {
          for (const delay of [0, 4, 9]) setUp.once(address, at + delay)
        }),
    ],
    [
      'by connections without a request at even times',
      (setUp) => every(2_000, hour, (at) => setUp.touch(address, at)),
    ],
    [
      'by its User-Agent, whatever the times',
      (setUp) => every(10_000, hour, (at) => setUp.once(address, at + 9_000 * setUp.random(), true)),
    ],
  ])('%s', (_, happens) => {
    expect(checker(happens)).toBe(true)
  })
})

describe('not a health checker', () => {
  it.each<[string, (setUp: SetUp) => void]>([
    [
      'with one request each at times of chance',
      (setUp) => every(10_000, hour, (at) => setUp.once(address, at + 9_000 * setUp.random())),
    ],
    [
      'with three requests a second, each on a connection',
      (setUp) => every(333, hour, (at) => setUp.once(address, at)),
    ],
    ['with many requests a second', (setUp) => every(100, 60_000, (at) => setUp.once(address, at))],
    [
      'with connections at even times that it reuses',
      (setUp) => every(10_000, hour, (at) => setUp.connect(address, [at, at + 300, at + 900], 1_000)),
    ],
    ['after ten of them', (setUp) => every(10_000, 100_000, (at) => setUp.once(address, at))],
  ])('%s', (_, happens) => {
    expect(checker(happens)).toBe(false)
  })
})
