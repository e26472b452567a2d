import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { diagnose, serverChecks, trafficChecks } from '../../src/doctor/diagnose.ts'
import { errorCodes, type KeepAliveError, type KeepAliveErrorCode } from '../../src/errors.ts'
import { findingCodes } from '../../src/findings.ts'
import { fronts } from '../../src/policy/fronts.ts'
import { optionRules } from '../../src/policy/options.ts'
import { describeRange } from '../../src/policy/read.ts'
import { unnumberedFronts } from '../../src/policy/unnumbered-fronts.ts'
import { alreadyAttached, notAServer } from '../../src/server/misuse.ts'
import { checkVersion } from '../../src/stats/snapshot-version.ts'
import { warningCodes } from '../../src/warnings.ts'
import { examOf } from '../support/exam.ts'
import { cases } from '../support/findings.ts'
import { rejection } from './policy/rejection.ts'

const root = new URL('../../', import.meta.url)
const page = (path: string): string => readFileSync(new URL(path, root), 'utf8')

test('every error code has a page, and every page a code', () => {
  expect(readdirSync(new URL('docs/errors/', root)).sort()).toEqual(
    errorCodes.map((code) => `${code}.md`).sort(),
  )
})

describe('the page of an error', () => {
  test.each(errorCodes)('%s has its parts', (code) => {
    const headings = page(`docs/errors/${code}.md`).match(/^#+ .*$/gm)
    expect(headings).toEqual([`# ${code}`, '## Example', '## What to do'])
  })

  const examples: [KeepAliveErrorCode, string, unknown][] = [
    ['ERR_KEEPALIVE_UNKNOWN_OPTION', '{ keepaliveTimeout: 70_000 }', { keepaliveTimeout: 70_000 }],
    [
      'ERR_KEEPALIVE_OPTION_TYPE',
      '{ keepAliveTimeout: process.env.KEEP_ALIVE }',
      { keepAliveTimeout: '65000' },
    ],
    ['ERR_KEEPALIVE_OPTION_RANGE', '{ jitter: 10 }', { jitter: 10 }],
    ['ERR_KEEPALIVE_UNKNOWN_FRONT', "{ behind: 'aws-abl' }", { behind: 'aws-abl' }],
    ['ERR_KEEPALIVE_FRONT_TIMEOUT', "{ behind: 'fastly' }", { behind: 'fastly' }],
    [
      'ERR_KEEPALIVE_TIMEOUT_CONFLICT',
      "{ behind: 'aws-alb', keepAliveTimeout: 30_000 }",
      { behind: 'aws-alb', keepAliveTimeout: 30_000 },
    ],
    [
      'ERR_KEEPALIVE_TIMEOUT_CONFLICT',
      "{ behind: ['aws-nlb', 'cloudflare'] }",
      { behind: ['aws-nlb', 'cloudflare'] },
    ],
  ]
  test.each(examples)('%s shows the real message of %s', (code, source, options) => {
    const error = rejection(options)
    expect(error.code).toBe(code)
    expect(page(error.help)).toContain(`keepAlive(${source})`)
    expect(page(error.help)).toContain(`\nKeepAliveError: ${error.message}\n`)
  })

  test.each([notAServer(() => {}), alreadyAttached(createServer()), foreignVersion()])(
    'shows the real message of $code',
    (error) => {
      expect(page(error.help)).toContain(`\nKeepAliveError: ${error.message}\n`)
    },
  )

  test('ERR_KEEPALIVE_UNKNOWN_FRONT lists the fronts', () => {
    const listed = page('docs/errors/ERR_KEEPALIVE_UNKNOWN_FRONT.md').match(/^- `[\w-]+`/gm)
    const ids = [...Object.keys(fronts), ...Object.keys(unnumberedFronts)].sort()
    expect(listed).toEqual(ids.map((id) => `- \`${id}\``))
  })
})

describe('the page of the options', () => {
  test.each(Object.entries(optionRules))('%s is as in the code', (name, rule) => {
    expect(page('docs/options.md')).toContain(
      `\n| \`${name}\` | ${valueText(rule)} | ${defaultText(rule)} | ${rule.about} |\n`,
    )
  })

  test('has no other', () => {
    const listed = page('docs/options.md').match(/(?<=^\| `)\w+/gm)
    expect(listed).toEqual(Object.keys(optionRules))
  })
})

function foreignVersion(): KeepAliveError {
  try {
    checkVersion({ version: 2 }, 'mergeSnapshots()')
  } catch (error) {
    return error as KeepAliveError
  }
  throw new Error('a foreign version was taken')
}

type Rule = (typeof optionRules)[keyof typeof optionRules]

function valueText(rule: Rule): string {
  if (rule.kind === 'fronts') return "a front's id, `{ front, idleTimeout }`, or a list of them"
  if (rule.kind === 'log')
    return "`true`, `false`, `'logfmt'`, `'json'`, or a function of the closed connection"
  if (rule.kind === 'flag') return '`true` or `false`'
  if (rule.kind === 'reduce') return '`{ scalingThreshold, saturationThreshold, minTimeout }`'
  if (rule.kind === 'codes') return 'a list of codes'
  return describeRange(rule) + (rule.zero === undefined ? '' : `; 0: ${rule.zero}`)
}

function defaultText(rule: Rule): string {
  if (rule.kind === 'fronts' || rule.kind === 'reduce' || rule.kind === 'codes') return 'none'
  if (rule.kind === 'log' || rule.kind === 'flag') return '`false`'
  return rule.default.toLocaleString('en') + (rule.more === undefined ? '' : `, ${rule.more}`)
}

test('every warning code has a page, and every page a code', () => {
  expect(readdirSync(new URL('docs/warnings/', root)).sort()).toEqual(
    warningCodes.map((code) => `${code}.md`).sort(),
  )
})

describe('the pages of the findings', () => {
  test('are one for each code', () => {
    expect(readdirSync(new URL('docs/findings/', root)).sort()).toEqual(
      findingCodes.map((code) => `${code}.md`).sort(),
    )
  })

  test.each(findingCodes)('%s has its parts, and shows a real message', (code) => {
    const text = page(`docs/findings/${code}.md`)
    expect(text.match(/^#+ .*$/gm)).toEqual([`# ${code}`, '## Example', '## Evidence', '## What to do'])
    const finding = diagnose(examOf(cases[code].fires)).find((each) => each.code === code)!
    expect(text).toContain(`severity \`${finding.severity}\`:\n\n\`\`\`text\n${finding.message}\n\`\`\`\n`)
    const [, evidence = ''] = text.split(/^## (?:Evidence|What to do)$/m)
    const named = evidence.match(/(?<=^- `)\w+/gm)
    if (named) expect(named).toEqual(Object.keys(finding.evidence))
    else expect(evidence).toMatch(/^- the property's name: /m)
  })

  test('are listed with what each looks at', () => {
    const checks = [...serverChecks, ...trafficChecks]
    expect(checks.map(({ code }) => code)).toEqual(findingCodes)
    expect(page('docs/findings.md').match(/^\| \[.*$/gm)).toEqual(
      checks.map(
        ({ code, severity, looksAt, silentBelow = '–', remedy }) =>
          `| [\`${code}\`](findings/${code}.md) | ${severity} | ${looksAt} | ${silentBelow} | ${remedy} |`,
      ),
    )
  })
})
