import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { help as advise, readArguments as readAdvise } from '../../../src/cli/advise/arguments.ts'
import { help as demo, readArguments as readDemo } from '../../../src/cli/demo/arguments.ts'
import { help as explain, readArguments as readExplain } from '../../../src/cli/explain/arguments.ts'
import { type Help, helpLines } from '../../../src/cli/help.ts'
import { plainLook } from '../../../src/cli/look.ts'
import { help as probe, readArguments as readProbe } from '../../../src/cli/probe/arguments.ts'
import { widthOf } from '../../../src/cli/text.ts'
import { coloredAt, plainAt, widths } from '../../support/looks.ts'

const commands: readonly [string, Help, (args: readonly string[]) => unknown][] = [
  ['advise', advise, readAdvise],
  ['demo', demo, readDemo],
  ['explain', explain, readExplain],
  ['probe', probe, readProbe],
]

describe.each(commands)('the help of %s', (name, help, read) => {
  test.each(widths)('fits %d columns', (width) => {
    const lines = helpLines(help, plainAt(width))
    // A line that is to be copied is not broken.
    const prose = lines.filter((line) => !line.startsWith('  keepalive-kit '))
    expect(Math.max(...prose.map(widthOf))).toBeLessThanOrEqual(Math.min(width, 100))
    expect(lines.join('\n')).toMatchSnapshot()
  })

  test('has the usual width in a file, and titles in bold on a terminal', () => {
    expect(helpLines(help, plainLook)).toEqual(helpLines(help, plainAt(80)))
    expect(helpLines(help, coloredAt(80))).toContain('\u001b[1mExamples\u001b[22m')
  })

  test('has the parts of every help', () => {
    expect(helpLines(help, plainLook)).toEqual(
      expect.arrayContaining(
        ['Usage', 'Examples', 'Exit codes', '  -h, --help  print this text'].map((line) =>
          line.startsWith('  -h') ? expect.stringMatching(/^ {2}-h, --help +print this text$/) : line,
        ),
      ),
    )
    expect(help.usage.every((line) => line.startsWith(name))).toBe(true)
    expect(help.exitCodes.map(([code]) => code)).toEqual(expect.arrayContaining([0, 1, 2]))
  })

  test('has examples that the command takes', () => {
    for (const [line] of help.examples) {
      const [, ...args] = line.match(/'[^']*'|\S+/g)!.map((word) => word.replaceAll("'", ''))
      expect(read(args), line).toBeDefined()
    }
  })
})

test('docs/probe.md has every option of the probe', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/probe.md'), 'utf8')
  const [, table = ''] = page.split('| option | meaning |')
  const documented = table
    .split('\n\n')[0]!
    .match(/`--[\w-]+/g)!
    .map((flag) => flag.slice(3))
  const offered = probe.options.flatMap(({ flags }) => Object.keys(flags)).filter((flag) => flag !== 'help')
  expect([...new Set(documented)].sort()).toEqual(offered.sort())
})
