import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { plainLook } from '../../../../src/cli/look.ts'
import { reportLines, resultLines, timelinesText } from '../../../../src/cli/probe/report.ts'
import { widthOf } from '../../../../src/cli/text.ts'
import { resolvePolicy } from '../../../../src/policy/policy.ts'
import { judge } from '../../../../src/probe/judge.ts'
import { type Judged, resultOf } from '../../../../src/probe/result.ts'
import { coloredAt, plainAt, widths } from '../../../support/looks.ts'
import { reportOf } from '../../../support/probe-report.ts'

const measured = reportOf({
  url: `https://app.example.com/${'a-long-path/'.repeat(12)}`,
  server: 'nginx/1.29.7',
  idleTimeout: { ms: 5_000, how: 'reset' },
  race: {
    tries: [200, 50, 20, 5, 0].map((before) => ({ before, outcome: before > 5 ? 'answered' : 'reset' })),
    answered: 3,
    lost: 2,
  },
})
const report = { ...measured, findings: judge(measured, resolvePolicy({ behind: 'aws-alb' })) }
const expectations: readonly Judged[] = [
  { text: 'idle>60s', met: false, measured: '5 s' },
  { text: 'reuse', met: true, measured: 'yes' },
  { text: 'cap>=1000', met: 'unknown', measured: 'none in 165 requests' },
]
const result = resultOf(report, expectations, false)

describe.each(widths)('in %d columns', (width) => {
  test('the report fits', () => {
    const lines = reportLines(report, expectations, result, plainAt(width))
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width)
    expect(lines.join('\n')).toMatchSnapshot()
  })

  test('colors do not move a word', () => {
    expect(reportLines(report, expectations, result, coloredAt(width)).map(stripVTControlCharacters)).toEqual(
      reportLines(report, expectations, result, plainAt(width)),
    )
  })
})

test('the judgment is first, then the evidence, then what to do', () => {
  const text = reportLines(report, expectations, result, plainLook).join('\n')
  expect(text).toMatch(/^FAIL: idle>60s is not met, measured: 5 s \(1 of \d reasons\)\n\nhttps:/)
  const parts = [
    'FAIL: ',
    'idle timeout  ',
    '\nerror: ',
    '\nwarning: ',
    '\nnot met: ',
    '\nWhat to do\n- Set ',
  ]
  const places = parts.map((part) => text.indexOf(part))
  expect(places).toEqual([...places].sort((a, b) => a - b))
  expect(places).not.toContain(-1)
})

test('a remedy is not told twice, and no finding has one in its message', () => {
  const text = reportLines(report, [], result, plainLook).join('\n')
  expect(text.match(/keepalive_timeout 65s/g)).toHaveLength(1)
})

test.each([
  ['pass', '\u001b[32mPASS:'],
  ['fail', '\u001b[31mFAIL:'],
  ['incomplete', '\u001b[33mINCOMPLETE:'],
] as const)('%s has its color', (outcome, start) => {
  expect(resultLines({ result: outcome, why: 'so' }, coloredAt(80)).join('')).toContain(start)
})

test('what a server sends cannot control the terminal', () => {
  const evil = reportOf({ server: 'x\u001b[2J', location: '/\u202e\n\u009b', url: 'http://a/\u0007' })
  const lines = reportLines({ ...evil, findings: judge(evil) }, [], resultOf(evil, [], false), plainAt(60))
  for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})

test('events are indented below their time', () => {
  const lines = timelinesText(
    [
      {
        title: 'idle connection 1',
        events: [{ at: 0, type: 'connected', peer: '127.0.0.1:3000' } as never],
        omitted: 0,
        last: [],
      },
    ],
    plainAt(60),
  )
  expect(lines.slice(0, 2)).toEqual(['', 'idle connection 1'])
  expect(lines[2]).toMatch(/^ {2}\S/)
})
