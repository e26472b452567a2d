import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { findingsOf } from '../../../src/doctor/check.ts'
import { outgoingFindingCodes } from '../../../src/findings.ts'
import { outgoingChecks } from '../../../src/outgoing/findings.ts'
import type { OutgoingSnapshot } from '../../../src/outgoing/snapshot.ts'
import { outgoingCases, outgoingRow, outgoingSnapshot } from '../../support/outgoing-findings.ts'

const page = (path: string): string => readFileSync(new URL(`../../../docs/${path}`, import.meta.url), 'utf8')
const codesOf = (snapshot: OutgoingSnapshot): string[] =>
  findingsOf(outgoingChecks, snapshot).map(({ code }) => code)

test('there is one check for each code', () => {
  expect(outgoingChecks.map(({ code }) => code)).toEqual(outgoingFindingCodes)
})

test.each(outgoingFindingCodes)('%s is found where it is, and alone, and not elsewhere', (code) => {
  expect(codesOf(outgoingCases[code].fires)).toEqual([code])
  for (const [i, snapshot] of outgoingCases[code].silent.entries())
    expect(codesOf(snapshot), `silent[${i}]`).not.toContain(code)
})

test('a message names three origins, the evidence ten', () => {
  const rows = Array.from({ length: 12 }, (_, i) =>
    outgoingRow(`https://${i}.test`, { connections: { opened: 1, open: 1, oldest: 7_200_000 + i } }),
  )
  const [finding] = findingsOf(outgoingChecks, outgoingSnapshot(...rows))
  expect(finding!.message).toContain('12 origins')
  expect(finding!.message.match(/https:/g)).toHaveLength(3)
  expect(finding!.message).toContain(' and 9 more')
  expect(finding!.evidence.origins).toHaveLength(10)
})

describe('the message of OUTGOING_NEVER_REUSES names the cause', () => {
  test.each([
    ['this process sends', { askedBy: { us: 30, server: 0 }, closed: 30 }],
    ['the server sends', { askedBy: { us: 0, server: 30 }, closed: 30 }],
    ['has not read the responses', { states: { new: 0, active: 30, idle: 0, upgraded: 0 }, open: 30 }],
  ])('%s', (text, connections) => {
    const row = outgoingRow('http://a', {
      connections: { opened: 30, ...connections },
      requests: { total: 30 },
    })
    expect(findingsOf(outgoingChecks, outgoingSnapshot(row))[0]!.message).toContain(text)
  })
})

describe('the pages', () => {
  test.each(outgoingFindingCodes)('%s has its parts, and shows a real message', (code) => {
    const text = page(`findings/${code}.md`)
    expect(text.match(/^#+ .*$/gm)).toEqual([`# ${code}`, '## Example', '## Evidence', '## What to do'])
    const finding = findingsOf(outgoingChecks, outgoingCases[code].fires)[0]!
    expect(text).toContain(`severity \`${finding.severity}\`:\n\n\`\`\`text\n${finding.message}\n\`\`\`\n`)
    const [, evidence = ''] = text.split(/^## (?:Evidence|What to do)$/m)
    expect(evidence.match(/(?<=^- `)\w+/gm)).toEqual(Object.keys(finding.evidence))
    const [origin] = finding.evidence.origins as readonly object[]
    for (const name of Object.keys(origin!)) expect(evidence).toContain(`\`${name}\``)
  })

  test('are listed with what each looks at', () => {
    expect(page('outgoing.md').match(/^\| \[`OUTGOING.*$/gm)).toEqual(
      outgoingChecks.map(
        ({ code, severity, looksAt, silentBelow, remedy }) =>
          `| [\`${code}\`](findings/${code}.md) | ${severity} | ${looksAt} | ${silentBelow} | ${remedy} |`,
      ),
    )
  })
})
