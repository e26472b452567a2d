import { expect, test } from 'vitest'
import { table } from '../../../src/cli/table.ts'

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
