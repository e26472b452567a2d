import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
// @ts-expect-error a script without types
import { frontsPage } from '../../scripts/fronts-page.mjs'
import { type FrontId, fronts } from '../../src/policy/fronts.ts'
import { resolvePolicy } from '../../src/policy/policy.ts'
import { unnumberedFronts } from '../../src/policy/unnumbered-fronts.ts'

const committed = readFileSync(new URL('../../docs/fronts.md', import.meta.url), 'utf8')

test('docs/fronts.md is as npm run fronts makes it', () => {
  expect(committed).toBe(
    frontsPage({ fronts, unnumberedFronts }, (behind: FrontId) => resolvePolicy({ behind })),
  )
})

test('every front is on it, with its sources and what sets it', () => {
  for (const [id, { sources, configuration }] of Object.entries(fronts)) {
    expect(committed).toContain(`| \`${id}\` | `)
    for (const source of sources) expect(committed).toContain(`](${source})`)
    if (configuration !== null) expect(committed).toContain(`| \`${configuration}\` |`)
  }
  for (const id of Object.keys(unnumberedFronts)) expect(committed).toContain(`| \`${id}\` | `)
})

test('a front that can be set has a line that does it, and the other way round', () => {
  for (const { setting, configuration } of Object.values(fronts)) {
    expect(configuration === null).toBe(setting === null)
  }
})
