import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { AdviceWarningCode } from '../../src/advisor/advice.ts'
import { help } from '../../src/cli/advise/arguments.ts'
import { diagnose, kitChecks, serverChecks, sessionChecks, trafficChecks } from '../../src/doctor/diagnose.ts'
import { errorCodes, type KeepAliveError, type KeepAliveErrorCode } from '../../src/errors.ts'
import { findingCodes, outgoingFindingCodes } from '../../src/findings.ts'
import { optionRules } from '../../src/policy/options.ts'
import { proxies } from '../../src/policy/proxies.ts'
import { describeRange } from '../../src/policy/read.ts'
import { unnumberedProxies } from '../../src/policy/unnumbered-proxies.ts'
import { attachedAll } from '../../src/process/process-kit.ts'
import { checkVersion } from '../../src/stats/snapshot-version.ts'
import { type TimelineEvent, timelineLines } from '../../src/timeline.ts'
import { warningCodes } from '../../src/warnings.ts'
import {
  alreadyAttached,
  handedKeepAlive,
  losslessOnTls,
  notAServer,
  notCalledError,
  wrongAdapterError,
} from '../../src/wiring/misuse.ts'
import { emptySnapshot } from '../support/empty-snapshot.ts'
import { examOf } from '../support/exam.ts'
import { cases } from '../support/findings.ts'
import { rejection } from './policy/rejection.ts'

const root = new URL('../../', import.meta.url)
const page = (path: string): string => readFileSync(new URL(path, root), 'utf8')

test('error codes and pages match', () => {
  expect(readdirSync(new URL('docs/errors/', root)).sort()).toEqual(
    errorCodes.map((code) => `${code}.md`).sort(),
  )
})

describe('the page of an error', () => {
  test.each(errorCodes)('%s has all sections', (code) => {
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
    ['ERR_KEEPALIVE_UNKNOWN_PROXY', "{ behind: 'aws-abl' }", { behind: 'aws-abl' }],
    ['ERR_KEEPALIVE_PROXY_TIMEOUT', "{ behind: 'fastly' }", { behind: 'fastly' }],
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

  test.each([
    notAServer(() => {}),
    alreadyAttached(createServer()),
    attachedAll({}),
    notCalledError(handedKeepAlive('keepalive-kit/fastify')),
    wrongAdapterError(handedKeepAlive('keepalive-kit')),
    losslessOnTls(),
    foreignVersion(),
  ])('shows the real message of $code', (error) => {
    expect(page(error.help)).toContain(`\nKeepAliveError: ${error.message}\n`)
  })

  test('ERR_KEEPALIVE_UNKNOWN_PROXY lists the proxies', () => {
    const listed = page('docs/errors/ERR_KEEPALIVE_UNKNOWN_PROXY.md').match(/^- `[\w-]+`/gm)
    const ids = [...Object.keys(proxies), ...Object.keys(unnumberedProxies)].sort()
    expect(listed).toEqual(ids.map((id) => `- \`${id}\``))
  })
})

describe('the page of the options', () => {
  test.each(Object.entries(optionRules))('%s is as in the code', (name, rule) => {
    expect(page('docs/options.md')).toContain(
      `\n| \`${name}\` | ${valueText(rule)} | ${defaultText(rule)} | ${rule.about} |\n`,
    )
  })

  test('has no others', () => {
    const listed = page('docs/options.md').match(/(?<=^\| `)\w+/gm)
    expect(listed).toEqual(Object.keys(optionRules))
  })
})

function foreignVersion(): KeepAliveError {
  try {
    checkVersion({ version: 3 }, 'mergeSnapshots()')
  } catch (error) {
    return error as KeepAliveError
  }
  throw new Error('a foreign version was taken')
}

type Rule = (typeof optionRules)[keyof typeof optionRules]

function valueText(rule: Rule): string {
  if (rule.kind === 'proxies') return "a proxy's id, `{ proxy, idleTimeout }`, or a list of them"
  if (rule.kind === 'log')
    return "`true`, `false`, `'logfmt'`, `'json'`, or a function of the closed connection"
  if (rule.kind === 'flag') return '`true` or `false`'
  if (rule.kind === 'reduce') return '`{ scalingThreshold, saturationThreshold, minTimeout }`'
  if (rule.kind === 'codes') return 'a list of codes'
  if (rule.kind === 'choice') return rule.values.map((value) => `\`'${value}'\``).join(' or ')
  return describeRange(rule) + (rule.zero === undefined ? '' : `; 0: ${rule.zero}`)
}

function defaultText(rule: Rule): string {
  if (rule.kind === 'proxies' || rule.kind === 'reduce' || rule.kind === 'codes') return 'none'
  if (rule.kind === 'log' || rule.kind === 'flag') return '`false`'
  if (rule.kind === 'choice') return `\`'${rule.default}'\``
  return rule.default.toLocaleString('en') + (rule.more === undefined ? '' : `, ${rule.more}`)
}

test('warning codes and pages match', () => {
  expect(readdirSync(new URL('docs/warnings/', root)).sort()).toEqual(
    warningCodes.map((code) => `${code}.md`).sort(),
  )
})

test('the warnings are listed next to the findings, with their pages', () => {
  const [, listed = ''] = page('docs/findings.md').split('\n## Warnings\n')
  expect(listed.match(/(?<=^\| )\[.*?\)(?= \|)/gm)).toEqual(
    warningCodes.map((code) => `[\`${code}\`](warnings/${code}.md)`),
  )
})

describe('the pages of the findings', () => {
  test('are one for each code', () => {
    expect(readdirSync(new URL('docs/findings/', root)).sort()).toEqual(
      [...findingCodes, ...outgoingFindingCodes].map((code) => `${code}.md`).sort(),
    )
  })

  test.each(findingCodes)('%s has all sections and a real message', (code) => {
    const text = page(`docs/findings/${code}.md`)
    expect(text.match(/^#+ .*$/gm)).toEqual([`# ${code}`, '## Example', '## Evidence', '## What to do'])
    const finding = diagnose(examOf(cases[code].fires)).find((each) => each.code === code)!
    expect(text).toContain(`severity \`${finding.severity}\`:\n\n\`\`\`text\n${finding.message}\n\`\`\`\n`)
    const [, evidence = ''] = text.split(/^## (?:Evidence|What to do)$/m)
    const named = evidence.match(/(?<=^- `)\w+/gm)
    if (named) expect(named).toEqual(Object.keys(finding.evidence))
    else expect(evidence).toMatch(/^- the property's name: /m)
  })

  test('are listed with what each one checks', () => {
    const checks = [...kitChecks, ...serverChecks, ...trafficChecks, ...sessionChecks]
    expect(checks.map(({ code }) => code)).toEqual(findingCodes)
    const [listed = ''] = page('docs/findings.md').split('\n## Warnings\n')
    expect(listed.match(/^\| \[.*$/gm)).toEqual(
      checks.map(
        ({ code, severity, looksAt, silentBelow = '–', remedy }) =>
          `| [\`${code}\`](findings/${code}.md) | ${severity} | ${looksAt} | ${silentBelow} | ${remedy} |`,
      ),
    )
  })
})

describe('the examples of a timeline match the code', () => {
  const life: readonly TimelineEvent[] = [
    { at: 0, event: 'accepted' },
    { at: 4, event: 'request', detail: 'GET /' },
    { at: 7, event: 'response', detail: '200' },
    { at: 40, event: 'request', detail: 'GET /two' },
    { at: 41, event: 'response', detail: '200' },
    { at: 66_042, event: 'fin', by: 'server', detail: 'idle-timeout' },
    { at: 66_043, event: 'fin', by: 'client' },
    { at: 66_043, event: 'closed', by: 'server', detail: 'idle-timeout' },
  ]
  const probed: readonly TimelineEvent[] = [
    { at: 0.6, event: 'connected', detail: '127.0.0.1:3000' },
    { at: 0.7, event: 'request', detail: 'GET /' },
    { at: 1.4, event: 'first-byte', by: 'server' },
    { at: 1.4, event: 'response', detail: '200, Keep-Alive: timeout=5' },
    { at: 6_003, event: 'fin', by: 'server' },
    { at: 6_003.2, event: 'fin', by: 'client' },
    { at: 6_003.8, event: 'closed' },
  ]
  test('in the README', () => {
    expect(page('README.md')).toContain(`\n\`\`\`text\n${timelineLines(life).join('\n')}\n\`\`\`\n`)
  })

  test('on the page of the probe', () => {
    const lines = ['idle connection 1', ...timelineLines(probed).map((line) => `  ${line}`)]
    expect(page('docs/probe.md')).toContain(`\n\`\`\`text\n${lines.join('\n')}\n\`\`\`\n`)
  })
})

test('the findings in the README match the code', () => {
  const { severity, message, remedy } = diagnose(examOf(cases.KEEPALIVE_LATE_REQUESTS.fires))[0]!
  const [, section = ''] = page('README.md').split('\n### What is wrong?\n')
  const [, shown = ''] = section.split('\n```text\n')
  expect(shown.split('\n```')[0]!.replaceAll('\n', ' ')).toBe(`${severity}: ${message} ${remedy}`)
})

test('the page of the snapshot has every field', () => {
  const [table = ''] = page('docs/snapshot.md').split('\n\nThese sums hold')
  const named = new Set(table.match(/(?<=`)\w+/g))
  expect(Object.keys(emptySnapshot()).filter((part) => !named.has(part))).toEqual([])
})

test.each(Object.keys(optionRules))(
  'the README says of the option %s what its page says, or nothing',
  (name) => {
    const rule = optionRules[name as keyof typeof optionRules]
    const [, section = ''] = page('README.md').split('\n## Set it up\n')
    const [row] = section.split('\n## ')[0]!.match(new RegExp(`^\\| \`${name}\`.*$`, 'm')) ?? []
    if (row === undefined) return
    expect(row).toContain(`| ${defaultText(rule)} | ${rule.about}`)
  },
)

describe('the page of the advisor', () => {
  const [, command = '', , warnings = ''] = page('docs/advisor.md').split(
    /^## (?:The command|Reading the curve|Warnings)$/m,
  )

  test('has the options of the command', () => {
    const offered = help.options.flatMap(({ flags }) =>
      Object.entries(flags).map(([name, { value }]) => (value ? `--${name} ${value}` : `--${name}`)),
    )
    expect(command.match(/(?<=^\| `)--[^`]+/gm)).toEqual(offered.filter((flag) => flag !== '--help'))
    expect(offered).toHaveLength(17)
  })

  test('has the codes of its warnings', () => {
    // The compiler checks that the list is complete.
    const codes: Readonly<Record<AdviceWarningCode, true>> = {
      'too-few-intervals': true,
      'short-observation': true,
      'constraints-contradict': true,
      'beyond-horizon': true,
      'still-rising': true,
      'client-timeout': true,
      'clients-follow': true,
      'pool-rotates': true,
      'timeout-varied': true,
      'no-rates': true,
      'closes-unseen': true,
      'times-rounded': true,
      'dependent-intervals': true,
      'seconds-meant': true,
    }
    const [table = ''] = warnings.split('\n## ')
    expect(table.match(/(?<=^\| `)[^`]+/gm)).toEqual(Object.keys(codes))
  })
})
