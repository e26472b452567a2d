import { describe, expect, it } from 'vitest'

// Plain JavaScript, because the bench runs without a build on every Node.
const load = (file: string): Promise<unknown> => import(new URL(`../../bench/${file}`, import.meta.url).href)

interface Slice {
  readonly cpu: number
  readonly requests: number
}
interface Stats {
  quantile(numbers: readonly number[], share: number): number
  spread(numbers: readonly number[]): { q1: number; median: number; q3: number }
  alternating<T>(base: T, other: T, turns: number): T[]
  compare(slices: readonly Slice[]): { base: number; other: number; ratio: number }
}
interface Judged {
  readonly id: string
  readonly bar?: number
  readonly value?: number
}
interface Bars {
  judge(
    results: readonly Judged[],
    how: {
      retries: number
      again(ids: readonly string[]): Promise<readonly Judged[]>
      tell(text: string): void
    },
  ): Promise<Judged[]>
}
interface Options {
  readOptions(
    args: readonly string[],
    known: Readonly<Record<string, readonly string[]>>,
  ): Readonly<Record<string, unknown>>
}

const { alternating, compare, quantile, spread } = (await load('stats.mjs')) as Stats
const { judge } = (await load('bars.mjs')) as Bars
const { readOptions } = (await load('options.mjs')) as Options

describe("the bench's statistics", () => {
  it('gives quantiles between the two nearest', () => {
    expect(spread([4, 1, 3, 2])).toEqual({ q1: 1.75, median: 2.5, q3: 3.25 })
    expect(spread([7])).toEqual({ q1: 7, median: 7, q3: 7 })
    expect([0, 0.9, 1].map((share) => quantile([10, 9, 2, 1], share))).toEqual([1, 9.7, 10])
  })

  it('has the base before and after each slice', () => {
    expect(alternating('base', 'a', 2)).toEqual(['base', 'a', 'base', 'a', 'base'])
  })

  it('compares sums, in which an expensive slice counts in full', () => {
    const base = { cpu: 100, requests: 10 }
    const slices = [base, { cpu: 110, requests: 10 }, base, { cpu: 190, requests: 10 }, base]
    expect(compare(slices)).toEqual({ base: 10, other: 15, ratio: 1.5 })
  })

  it('is not biased by a machine that slows down steadily', () => {
    // Each slice costs more than the previous one; the ratio of 2 stays.
    const slices = alternating(1, 2, 4).map((cost, i) => ({ cpu: 100 * (10 + i) * cost, requests: 100 }))
    expect(compare(slices).ratio).toBeCloseTo(2, 10)
  })
})

describe('--check', () => {
  const told: string[] = []
  const tell = (text: string) => void told.push(text)
  const never = () => Promise.reject(new Error('measured again without need'))

  it('a bar is met when it is reached, and missed without a number', async () => {
    const met = [{ id: 'at', bar: 1.03, value: 1.03 }, { id: 'none', value: 9 }, { id: 'base' }]
    const bad = [
      { id: 'above', bar: 1.03, value: 1.031 },
      { id: 'broken', bar: 1.03, value: Number.NaN },
    ]
    expect(await judge([...met, ...bad], { retries: 0, again: never, tell })).toEqual(bad)
  })

  it('measures nothing again if all bars are met', async () => {
    expect(await judge([{ id: 'kit', bar: 2, value: 1 }], { retries: 2, again: never, tell })).toEqual([])
    expect(told).toEqual([])
  })

  it('measures again only what missed its bar, and says so', async () => {
    const asked: (readonly string[])[] = []
    const results = [
      { id: 'good', bar: 2, value: 1 },
      { id: 'noisy', bar: 2, value: 2.5 },
    ]
    const again = async (ids: readonly string[]) => {
      asked.push(ids)
      return [
        { id: 'good', bar: 2, value: 9 },
        { id: 'noisy', bar: 2, value: 1.5 },
      ]
    }
    expect(await judge(results, { retries: 2, again, tell })).toEqual([])
    expect(asked).toEqual([['noisy']])
    expect(told.splice(0)).toEqual([
      'Above the bar: noisy 2.5, allowed 2. That may be noise: retry 1 of 2.',
      'All bars are met at retry 1.',
    ])
  })

  it('fails if a bar is missed every time', async () => {
    let retries = 0
    const again = async () => [{ id: 'slow', bar: 2, value: 3 + ++retries }]
    const failed = await judge([{ id: 'slow', bar: 2, value: 3 }], { retries: 2, again, tell })
    expect(failed).toEqual([{ id: 'slow', bar: 2, value: 5 }])
    expect(told.splice(0)).toHaveLength(2)
  })

  it('fails without a result the second time, and does not retry if that is not allowed', async () => {
    const slow = { id: 'slow', bar: 2, value: 3 }
    const failed = await judge([slow], { retries: 1, again: async () => [], tell })
    expect(failed).toEqual([{ ...slow, value: Number.NaN }])
    expect(await judge([slow], { retries: 0, again: never, tell })).toEqual([slow])
  })
})

describe("the bench's options", () => {
  const known = { cpu: ['http', 'http-kit'], memory: ['kit'] }

  it('default to everything', () => {
    expect(readOptions([], known)).toMatchObject({
      kinds: ['cpu', 'memory'],
      only: [],
      nodes: [],
      check: false,
    })
  })

  it('name an unknown argument', () => {
    expect(() => readOptions(['cup'], known)).toThrow('there is no measurement "cup": cpu, memory')
    expect(() => readOptions(['memory', '--only', 'http'], known)).toThrow('--only: there is no "http": kit')
    expect(() => readOptions(['--rounds', '0'], known)).toThrow(
      '--rounds takes a whole number from 1, got "0"',
    )
    expect(() => readOptions(['--round', '1'], known)).toThrow("Unknown option '--round'")
  })
})
