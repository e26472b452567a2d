import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { collectMetrics } from '../../../src/reporters/prometheus.ts'
import { snapshotOf } from '../../support/snapshots.ts'

const root = new URL('../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

const text = await collectMetrics({ snapshot: () => snapshotOf() }, new Registry()).metrics()
const metricNames = new Set(text.match(/^keepalive_\w+/gm))
const recorded = new Set(read('prometheus/rules.yml').match(/(?<=- record: )\S+/g))

const files = ['prometheus/rules.yml', 'prometheus/dashboard.json', 'test/proxies/rules.test.yml']

describe.each(files)('%s', (file) => {
  const used = read(file).match(/\b((job|instance):)?keepalive_\w+(:\w+)?/g)!

  it('uses existing metrics, and names rules by the convention', () => {
    expect(used.filter((name) => !metricNames.has(name) && !recorded.has(name))).toEqual([])
  })
})

it('has every bucket bound that rules use', () => {
  const bounds = read('prometheus/rules.yml').match(/(?<=le=~?")[^"|]+/g)!
  expect(bounds.length).toBeGreaterThan(3)
  for (const bound of bounds) expect(text).toContain(`{le="${bound}"`)
})

it('has the dashboard of the script', () => {
  const made = execFileSync(process.execPath, ['scripts/grafana.mjs'], { cwd: root, encoding: 'utf8' })
  expect(read('prometheus/dashboard.json')).toBe(made)
})
