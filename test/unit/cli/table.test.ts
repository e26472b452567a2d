import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Column, table } from '../../../src/cli/table.ts'
import { widthOf } from '../../../src/cli/text.ts'
import { coloredAt, plainAt, widths } from '../../support/looks.ts'

const rows = [
  ['a', '1'],
  ['longer', '200'],
] as const

test('columns are aligned below their headings', () => {
  expect(
    table(
      [
        { heading: 'name', cell: ([name]) => name },
        { heading: 'n', align: 'right', cell: ([, number]) => number },
      ],
      rows,
    ),
  ).toEqual(['name      n', 'a         1', 'longer  200'])
})

test('without headings there is no line for them', () => {
  expect(table([{ cell: ([name]) => name }, { cell: ([, number]) => number }], rows)).toEqual([
    'a       1',
    'longer  200',
  ])
})

test('a wide character takes two columns', () => {
  expect(
    table([{ cell: ([name]) => name }, { cell: ([, number]) => number }], [
      ['日本', '1'],
      ['a', '2'],
    ] as const),
  ).toEqual(['日本  1', 'a     2'])
})

interface Row {
  readonly name: string
  readonly count: number
  readonly text: string
  readonly more: string
}

const columns: readonly Column<Row>[] = [
  { heading: 'name', cell: ({ name }) => name },
  { heading: 'how many', align: 'right', cell: ({ count }) => count.toLocaleString('en') },
  { heading: 'what it is', cell: ({ text }) => text, overflow: 'wrap' },
  { heading: 'more', cell: ({ more }) => more, optional: true, style: () => 'green' },
]

const long: readonly Row[] = [
  { name: 'short', count: 1, text: 'one', more: 'x' },
  {
    name: 'a name of a client that is rather long',
    count: 1_234_567,
    text: 'words that go on and on, about https://app.example.com/a/very/long/path/that/has/no/space/at/all',
    more: 'left out first',
  },
]

describe.each(widths)('in %d columns', (width) => {
  test('a table fits, and numbers are whole', () => {
    const lines = table(columns, long, plainAt(width))
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width)
    expect(lines.join('\n')).toMatchSnapshot()
    expect(lines.join('\n')).toContain('1,234,567')
    for (const line of lines) expect(line).toBe(line.trimEnd())
  })

  test('colors do not move a column', () => {
    expect(table(columns, long, coloredAt(width)).map(stripVTControlCharacters)).toEqual(
      table(columns, long, plainAt(width)),
    )
  })
})

test.each([1, 5, 10, 20, 30, 40])('in %d columns all lines have one alignment', (width) => {
  const lines = table(columns, long, plainAt(width)).map((line) => line.padEnd(200))
  const shortest = columns.length * 3 - 2
  expect(Math.max(...lines.map((line) => widthOf(line.trimEnd())))).toBeLessThanOrEqual(
    Math.max(width, shortest),
  )
})

test('a table of a file is as wide as its content', () => {
  const text = table(columns, long).join('\n')
  expect(text).not.toContain('…')
  expect(text.split('\n')).toHaveLength(3)
})

test('a table without rows has its headings', () => {
  expect(table(columns, [], plainAt(60))).toEqual(['name  how many  what it is  more'])
})
