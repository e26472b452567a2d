import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
// @ts-expect-error a script without types
import { proxiesPage } from '../../scripts/proxies-page.mjs'
import { resolvePolicy } from '../../src/policy/policy.ts'
import { type ProxyId, proxies } from '../../src/policy/proxies.ts'
import { unnumberedProxies } from '../../src/policy/unnumbered-proxies.ts'

const committed = readFileSync(new URL('../../docs/proxies.md', import.meta.url), 'utf8')

test('docs/proxies.md matches npm run proxies', () => {
  expect(committed).toBe(
    proxiesPage({ proxies, unnumberedProxies }, (behind: ProxyId) => resolvePolicy({ behind })),
  )
})

test('lists every proxy, with its sources and its setting', () => {
  for (const [id, { sources, configuration }] of Object.entries(proxies)) {
    expect(committed).toContain(`| \`${id}\` | `)
    for (const source of sources) expect(committed).toContain(`](${source})`)
    if (configuration !== null) expect(committed).toContain(`| \`${configuration}\` |`)
  }
  for (const id of Object.keys(unnumberedProxies)) expect(committed).toContain(`| \`${id}\` | `)
})

test('a proxy has a line of configuration if, and only if, it can be configured', () => {
  for (const { setting, configuration } of Object.values(proxies)) {
    expect(configuration === null).toBe(setting === null)
  }
})
