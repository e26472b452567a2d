import { expect, it } from 'vitest'
import { headline } from '../../../src/dashboard/page/headlines.ts'
import { diagnose } from '../../../src/doctor/diagnose.ts'
import { findingCodes } from '../../../src/findings.ts'
import { examOf } from '../../support/exam.ts'
import { cases } from '../../support/findings.ts'

it.each(findingCodes)('the headline of %s has ten words or fewer, and its numbers', (code) => {
  const finding = diagnose(examOf(cases[code].fires)).find((each) => each.code === code)!
  const text = headline(finding)
  // A number and its unit are one word.
  expect(text.replaceAll(/(?<=\d) (?=(?:ms|s|min|h|d)\b)/g, '').split(' ').length).toBeLessThanOrEqual(10)
  expect(text).not.toMatch(/NaN|undefined|\[object/)
  expect(text).not.toMatch(/\.$/)
})

it('names both sides of a danger zone', () => {
  const [finding] = diagnose(examOf(cases.KEEPALIVE_DANGER_ZONE.fires)).filter(
    ({ code }) => code === 'KEEPALIVE_DANGER_ZONE',
  )
  expect(headline(finding!)).toMatch(/^502 risk: clients keep connections \S+ s, this server \S+ s$/)
})

it.each([
  [5_983, 8_000, 4_000, 'Near miss: clients keep connections 6 s, advertised are 4 s'],
  [59_923, 6_000, 5_000, '502 risk: clients keep connections 60 s, this server 6 s'],
  [6_012, 6_000, 5_000, '502 risk: clients keep connections 6.01 s, this server 6 s'],
])(
  'says the times roughly, and no risk where there is none: %s, %s',
  (peer, closesAfter, advertised, text) => {
    const evidence = { peer, closesAfter, keepAliveTimeout: advertised }
    const [finding] = diagnose(examOf(cases.KEEPALIVE_DANGER_ZONE.fires))
    expect(headline({ ...finding!, code: 'KEEPALIVE_DANGER_ZONE', evidence })).toBe(text)
  },
)

it('has no risk where the server closes first and no proxy is known of', () => {
  const [finding] = diagnose(examOf(cases.KEEPALIVE_SERVER_CLOSES_FIRST.fires))
  expect(headline({ ...finding!, severity: 'warning' })).toBe('502 risk: the server closes first (13%)')
  expect(headline({ ...finding!, severity: 'info' })).toBe('No proxy known: the server closes first (13%)')
})

it.each(findingCodes)('%s, where it is for information, speaks of no risk', (code) => {
  const finding = diagnose(examOf(cases[code].fires)).find((each) => each.code === code)!
  if (finding.severity === 'info') expect(headline(finding)).not.toMatch(/risk|lost/i)
})
