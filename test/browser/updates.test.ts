import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { scriptedPage } from '../support/scripted-page.ts'
import { busyScript } from '../support/synthetic.ts'
import { checkAccess } from './access.ts'
import { openTab, useChromium } from './chromium.ts'

useChromium()

// biome-ignore lint/performance/useDomNodeTextContent: what is seen is what is meant.
const text = (page: Page, selector: string): Promise<string> => page.locator(selector).innerText()

const live = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => document.querySelector('#status')?.textContent === 'live')

/** How many updates have come: the age of the oldest number in a table that grows with each sample does not tell. */
const counted = (page: Page): Promise<number> =>
  page.evaluate(() => (window as unknown as { updates: number }).updates)

/** Counts the events that the page gets. */
async function countUpdates(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shared = window as unknown as { updates: number }
    shared.updates = 0
    const Plain = window.EventSource
    window.EventSource = class extends Plain {
      constructor(url: string | URL) {
        super(url)
        for (const name of ['hello', 'update']) this.addEventListener(name, () => shared.updates++)
      }
    }
  })
  await page.reload()
}

describe('the ranges', () => {
  it('change all charts over time by keyboard, and are kept for the next visit', async () => {
    const url = await scriptedPage(busyScript(1_000))
    const { page } = await openTab(url)
    await live(page)
    const since = async (): Promise<string> =>
      (await page.locator('#tiles .spark').first().getAttribute('aria-label')) ?? ''
    const bars = (): Promise<string> => text(page, '#closes tbody tr:first-child th')
    await page.locator('#closes summary').click()
    const seen = [[await since(), await text(page, '#closes-note'), await bars()]]
    await page.getByRole('radio', { name: '15 min' }).focus()
    for (let i = 0; i < 2; i++) {
      await page.keyboard.press('ArrowRight')
      seen.push([await since(), await text(page, '#closes-note'), await bars()])
    }
    expect(seen.map(([, note]) => note)).toEqual(
      ['15 min', '1 h', '6 h'].map((name) => `The last ${name}, by who closed the connection.`),
    )
    expect(new Set(seen.map(([first]) => first)).size).toBe(3)
    expect(new Set(seen.map(([, , bar]) => bar)).size).toBe(3)
    await page.reload()
    await live(page)
    expect(await page.getByRole('radio', { name: '6 h' }).isChecked()).toBe(true)
    expect(await text(page, '#closes-note')).toContain('6 h')
  })
})

describe('a pause', () => {
  it('stops all that comes, says of when the numbers are, and goes on where the server is', async () => {
    const url = await scriptedPage(busyScript(1_000))
    const { page } = await openTab(url, { viewport: { width: 1_200, height: 4_000 } })
    await countUpdates(page)
    await live(page)
    await page.waitForSelector('#live tbody tr')
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.getByRole('button', { name: 'Pause' }).press('Enter')
    const before = await counted(page)
    expect(before).toBeGreaterThan(0)
    expect(await text(page, '#stale')).toMatch(/^Paused\. These numbers are of \d\d:\d\d:\d\d\. They are/)
    expect(await text(page, '#status')).toBe('paused')
    await checkAccess(page)
    // Longer than an update, a poll of the tables and the limit of the banner take.
    await page.waitForFunction(() => /are [6-9] s old/.test(document.querySelector('#stale')!.textContent!))
    expect(await counted(page)).toBe(before)
    expect(asked).toEqual([])
    expect(await page.locator('#numbers[data-stale]').count()).toBe(0)
    await page.getByRole('button', { name: 'Resume' }).click()
    // No word of a server that is gone, though the last update is old.
    expect(await text(page, '#stale').catch(() => '')).not.toContain('No update')
    await live(page)
    expect(await page.locator('#stale').isVisible()).toBe(false)
    expect(await counted(page)).toBeGreaterThan(before)
    await page.waitForFunction(() => document.querySelector('#pause')?.textContent === 'Pause')
    expect(asked.filter((request) => request.includes('.json')).length).toBeGreaterThan(0)
  })
})
