import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
// @ts-expect-error a script without types
import { groups } from '../../scripts/mistakes/list.mjs'
// @ts-expect-error a script without types
import { mistakesPage } from '../../scripts/mistakes/page.mjs'
// @ts-expect-error a script without types
import { runMistakes } from '../../scripts/mistakes/run.mjs'

let answers: string[]

beforeAll(async () => {
  answers = await runMistakes(groups)
}, 120_000)

it('each typical mistake gets one line', () => {
  expect(answers.length).toBeGreaterThanOrEqual(25)
  expect(answers.filter((answer) => !/^\S[^\n]{20,}$/.test(answer))).toEqual([])
})

it('docs/mistakes.md is as npm run mistakes makes it', () => {
  const committed = readFileSync(join(import.meta.dirname, '../../docs/mistakes.md'), 'utf8')
  expect(mistakesPage(groups, answers)).toBe(committed)
})
