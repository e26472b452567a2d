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
