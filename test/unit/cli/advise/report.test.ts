import { describe, expect, test } from 'vitest'
import { advise } from '../../../../src/advisor/advise.ts'
import type { LogKind } from '../../../../src/cli/advise/logs/entry.ts'
import { servers } from '../../../../src/cli/advise/logs/servers.ts'
import { report, usualTimeouts } from '../../../../src/cli/advise/report.ts'
import { svg } from '../../../../src/cli/advise/svg.ts'
import { plainLook } from '../../../../src/cli/look.ts'
import { widthOf } from '../../../../src/cli/text.ts'
import { emptySnapshot } from '../../../support/empty-snapshot.ts'
import { countsOf } from '../../../support/histogram.ts'
import { plainAt, widths } from '../../../support/looks.ts'
import { exponential } from '../../../support/random.ts'
import { serve } from '../../../support/traffic.ts'

const manner = { gap: exponential(8_000), timeout: 20_000 }
const law = { manners: [[1, manner]] as const, within: () => 0, requests: () => 3 }
const snapshot = serve(law, 3_000, 31_000, 1)
const advice = advise(
  { ...snapshot, returns: { ...snapshot.returns, timedOut: 9, gaps: countsOf(40_000, 70_000) } },
  { timeouts: [...usualTimeouts, 7_000] },
)

test('the report has the curve, the table and the answer', () => {
  const lines = report(advice, { notes: ['a note'] }, [7_000], plainLook)
  const text = lines.join('\n')
  expect(lines[0]).toMatch(
    new RegExp(
      `^SET: keepAliveTimeout ${advice.recommended.keepAliveTimeout! / 1_000} s\\. This is the smallest timeout .* In force: 30 s\\.$`,
    ),
  )
  expect(lines[2]).toBe('- a note')
  expect(text).toMatch(
    /9,000 requests in .*, 9,000 idle intervals \([\d,]+ reused, [\d,]+ ended by the client, /,
  )
  expect(lines.filter((line) => line.includes('┤'))).toHaveLength(11)
  expect(lines.filter((line) => line.includes('•')).length).toBeGreaterThan(5)
  expect(Math.max(...lines.filter((line) => line.includes('┤')).map((line) => line.length))).toBeLessThan(80)
  const rows = text.match(/^ *[\d.]+ m?s .*%.*$/gm)!
  expect(rows.map((row) => row.trim().split('  ')[0])).toEqual(
    expect.arrayContaining(['1 s', '5 s', '7 s', '10 s', '20 s', '30 s']),
  )
  expect(rows.find((row) => row.includes('advised'))).toContain(
    `${advice.recommended.keepAliveTimeout! / 1000} s`,
  )
  expect(rows.find((row) => row.includes('in force'))).toContain('30 s')
  expect(text).toContain('Beyond: of 9 clients')
  expect(text).toContain('client-timeout: ')
  expect(text).toMatch(
    /\nWhat to do\n- Set the idle timeout to .* In keepalive-kit: keepAlive\(\{ keepAliveTimeout: \d+ \}\)$/,
  )
})

describe.each(widths)('in %d columns', (width) => {
  test('the report fits', () => {
    const lines = report(
      advice,
      { notes: ['a note that is long enough to need a second line in a narrow terminal'] },
      [],
      plainAt(width),
    )
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width)
    expect(lines.join('\n')).toMatchSnapshot()
  })
})

test('the remedy is in the words of the server that wrote the log', () => {
  const lines = report(advice, { notes: [], kind: 'nginx' }, [], plainLook)
  expect(lines[0]).toMatch(/^SET: keepalive_timeout \d+ s\. /)
  expect(lines.at(-1)).toMatch(/In nginx: keepalive_timeout \d+s;$/)
})

test.each(Object.entries(servers))('the advice for %s names its setting, with a unit', (kind, server) => {
  const { setting, own = setting } = server
  const [judgment] = report(advice, { notes: [], kind: kind as LogKind }, [], plainLook)
  expect(judgment).toContain(`SET: ${own} ${advice.recommended.keepAliveTimeout! / 1_000} s. `)
})

/** Names that the table does not show, and that the command line does not take. */
const ofTheFunction = /reuseLow|reuseHigh|constraints\.|proxyIdleTimeout|proxyMargin|maxIdle|reuseShare/

test('the report has the names of the command: its columns and its options', () => {
  const few = serve(law, 100, 31_000, 1)
  const pressed = { proxyIdleTimeout: 60_000, proxyMargin: 10_000, maxIdleConnections: 1, reuseShare: 0.99 }
  const texts = [
    report(advice, { notes: [] }, [], plainLook),
    report(advise(few), { notes: [] }, [], plainLook),
    report(advise(snapshot, { constraints: pressed }), { notes: [] }, [], plainLook),
    report(advise(snapshot, { constraints: { maxIdleMemory: 100 } }), { notes: [] }, [], plainLook),
    report(
      advise(snapshot, { constraints: { maxIdleConnections: 1, reuseShare: 0.99 } }),
      { notes: [] },
      [],
      plainLook,
    ),
    report(
      advise(snapshot, { constraints: { proxyIdleTimeout: 60_000, proxyMargin: 5 } }),
      { notes: [] },
      [],
      plainLook,
    ),
  ].map((lines) => lines.join(' '))
  for (const text of texts) expect(text).not.toMatch(ofTheFunction)
  const said = texts.join(' ')
  for (const name of [
    '--proxy-timeout',
    '--max-idle',
    '--max-memory',
    '--reuse-share',
    '95% confidence interval',
  ])
    expect(said).toContain(name)
})

test('a timeout that is right is kept', () => {
  const { keepAliveTimeout } = advice.recommended
  const right = { ...advice, observed: { ...advice.observed, keepAliveTimeout } }
  const lines = report(right, { notes: [] }, [], plainLook)
  expect(lines[0]).toMatch(new RegExp(`^KEEP: keepAliveTimeout ${keepAliveTimeout! / 1_000} s\\.`))
  expect(lines).not.toContain('What to do')
})

test('a report without traffic has neither curve nor table', () => {
  const lines = report(advise(emptySnapshot()), { notes: [] }, [], plainLook)
  expect(lines.join('\n')).not.toMatch(/┤|timeout +reuse/)
  expect(lines[0]).toMatch(/^NO ADVICE: There are too few idle intervals/)
  expect(lines).not.toContain('What to do')
})

test('the drawing is well-formed, and has curve, interval and mark in both panels', () => {
  const drawing = svg(advice)
  expect(drawing).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 960 \d+"/)
  const open = drawing.match(/<(\w+)[^>]*[^/]>/g)!.map((tag) => /\w+/.exec(tag)![0])
  for (const name of new Set(open))
    expect(drawing.split(`</${name}>`).length - 1, name).toBe(open.filter((each) => each === name).length)
  expect(drawing.match(/<path [^>]*stroke-width="2"/g)).toHaveLength(2)
  expect(drawing.match(/<path [^>]*stroke-opacity/g)).toHaveLength(2)
  expect(drawing.match(/<path [^>]*stroke-dasharray/g)).toHaveLength(2)
  expect(drawing).toContain('Connections idle on average')
  expect(drawing).toMatch(/\d+ s: [\d.]+% reuse/)
  expect(drawing).not.toMatch(/NaN|Infinity|undefined|null/)
})

test('the drawing without rates has one panel, and without traffic a sentence', () => {
  const single = svg(advise({ ...snapshot, takenAt: 0 }))
  expect(single).not.toContain('Connections idle on average')
  expect(single).not.toContain('<g ')
  expect(svg(advise(emptySnapshot()))).toContain('Too few idle intervals')
})
