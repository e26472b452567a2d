// Whether the truth lies within the advisor's 95 % intervals, for laws of traffic in time: the ledger counts, as in a kit.
import { afterAll, describe, expect, test } from 'vitest'
import { advise } from '../../src/advisor/advise.ts'
import { binCount, lowerBound } from '../../src/stats/histogram.ts'
import { serveInTime, timedLaws, trueShares } from '../support/laws.ts'

/** 300 make the table of docs/advisor.md. */
const runs = Number(process.env.COVERAGE_RUNS ?? 40)
const truthRuns = Number(process.env.COVERAGE_RUNS ? 3_000 : 400)

const keepAliveTimeout = 20_000
const kept = keepAliveTimeout + 1_000

/** Bounds of bins, an octave apart. */
const times = Array.from({ length: binCount }, (_, bin) => lowerBound(bin)).filter(
  (time) => time > 1_500 && time < kept && Number.isInteger(Math.log2(time)),
)

const rows: string[] = []
afterAll(() => console.log(rows.join('\n')))

describe.each(timedLaws)('$name', (law) => {
  const truths = trueShares(law, times, truthRuns)
  const covered = times.map(() => 0)
  const warned = new Map<string, number>()
  for (let run = 1; run <= runs; run++) {
    const { curve, warnings } = advise(serveInTime(law, keepAliveTimeout, run * 7_919))
    for (const { code } of warnings) warned.set(code, (warned.get(code) ?? 0) + 1)
    for (const [i, time] of times.entries()) {
      const point = curve.find(({ timeout }) => timeout === time - 1_000)
      if (point && point.reuseLow <= truths[i]! && truths[i]! <= point.reuseHigh) covered[i]!++
    }
  }
  const coverage = covered.reduce((sum, count) => sum + count, 0) / times.length / runs
  rows.push(
    `| ${law.name} | ${covered.map((count) => Math.round((100 * count) / runs)).join(', ')} | ${(100 * coverage).toFixed(1)} | ${[...warned].map(([code, count]) => `${code} ${Math.round((100 * count) / runs)}`).join(', ')} |`,
  )

  test('the truth lies within the interval', () => {
    expect(coverage).toBeGreaterThan(0.5)
  })
})
