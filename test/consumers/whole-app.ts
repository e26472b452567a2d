import { expect } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

/** What projects/app.mjs prints where everything answers. */
export function expectWholeApp(output: string): void {
  const { first, second, files } = JSON.parse(output.slice(output.indexOf('{')))
  expect(first).toEqual({ status: 200, keepAlive: expect.stringMatching(/^timeout=\d+/), body: '1' })
  expect(second.body).toBe('2')
  expect(Object.values(files)).toMatchObject(Object.keys(files).map(() => ({ status: 200 })))
  expect(files['']).toMatchObject({ start: expect.stringMatching(/^<!doctype html>/i) })
  expect(files['page.js'].length).toBeGreaterThan(50_000)
  expect(files['KEEPALIVE_DANGER_ZONE.html'].start).toMatch(/^<!doctype html>/)
  expect(files['report.json'].start).toContain(`"kit":"${manifest.version}"`)
}
