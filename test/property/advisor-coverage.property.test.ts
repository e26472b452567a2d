// Whether the truth lies within the advisor's 95% intervals, for laws of traffic in time: a ledger counts, as in a kit.
import { afterAll, describe, expect, test } from 'vitest'
import { advise } from '../../src/advisor/advise.ts'
import { binCount, lowerBound } from '../../src/stats/histogram.ts'
import { serveInTime, timedLaws, trueShares } from '../support/laws.ts'

/** COVERAGE_RUNS=300 makes the table of docs/advisor.md. */
const isLong = process.env.COVERAGE_RUNS !== undefined
const runs = Number(process.env.COVERAGE_RUNS ?? 30)

const keepAliveTimeout = 20_000

/** Bounds of bins, an octave apart. */
const times = Array.from({ length: binCount }, (_, bin) => lowerBound(bin)).filter(
  (time) => time > 1_500 && time < keepAliveTimeout + 1_000 && Number.isInteger(Math.log2(time)),
)

/** Warnings that say how the intervals have to be read. */
const speaking = ['dependent-intervals', 'pool-rotates', 'client-timeout']

interface Covered {
  /** Shares of the runs whose interval holds the truth, by time. */
  readonly shares: readonly number[]
  readonly mean: number
  /** Shares of the runs that have the warning. */
  readonly warnings: ReadonlyMap<string, number>
}

function cover(law: (typeof timedLaws)[number]): Covered {
  const truths = trueShares(law, times, isLong ? 3_000 : 300)
  const covered = times.map(() => 0)
  const seen = times.map(() => 0)
  const warnings = new Map<string, number>()
  for (let run = 1; run <= runs; run++) {
    const advice = advise(serveInTime(law, keepAliveTimeout, run * 7_919))
    for (const { code } of advice.warnings) warnings.set(code, (warnings.get(code) ?? 0) + 1 / runs)
    for (const [i, time] of times.entries()) {
      // The curve ends where clients close.
      const point = advice.curve.find(({ timeout }) => timeout === time - 1_000)
      if (!point) continue
      seen[i]!++
      if (point.reuseLow <= truths[i]! && truths[i]! <= point.reuseHigh) covered[i]!++
    }
  }
  const shares = covered.flatMap((count, i) => (seen[i]! === runs ? [count / runs] : []))
  return { shares, mean: shares.reduce((sum, share) => sum + share, 0) / shares.length, warnings }
}

const all = timedLaws.map((law) => ({ law, ...cover(law) }))
const isPlain = ({ warnings }: Covered): boolean => speaking.every((code) => (warnings.get(code) ?? 0) <= 0.5)
const plain = all.filter(isPlain)

afterAll(() => {
  if (!isLong) return
  for (const { law, shares, mean, warnings } of all) {
    const said = [...warnings].map(([code, share]) => `\`${code}\` ${Math.round(100 * share)}%`)
    const percent = (share: number): string => `${Math.round(100 * share)}%`
    console.log(
      `| ${law.name} | ${shares.map(percent).join(', ')} | ${percent(mean)} | ${said.join(', ') || 'none'} |`,
    )
  }
})

describe('the truth lies within the interval', () => {
  test('in 95% of the runs where no warning speaks of the intervals', () => {
    expect(plain.length).toBeGreaterThanOrEqual(6)
    const mean = plain.reduce((sum, each) => sum + each.mean, 0) / plain.length
    // Times of one run depend on each other, so each law counts for its runs only: three standard deviations of that many.
    const off = isLong ? 0.02 : 3 * Math.sqrt((0.05 * 0.95) / (plain.length * runs))
    expect(mean).toBeGreaterThan(0.95 - off)
    expect(mean).toBeLessThan(0.95 + off)
  })

  test.each(all.map((each) => [each.law.name, each] as const))('for %s', (_, { mean, ...each }) => {
    const off = 3.3 * Math.sqrt((0.05 * 0.95) / runs)
    // Where clients are alike in themselves, sixteen groups tell only so much: the table says how much.
    expect(mean).toBeGreaterThan((isPlain({ mean, ...each }) ? 0.94 : 0.88) - off)
  })
})
