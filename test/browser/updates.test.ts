import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { scriptedPage } from '../support/scripted-page.ts'
import { busyScript } from '../support/synthetic.ts'
import { checkAccess } from './access.ts'
import { openTab, text, useChromium } from './chromium.ts'

useChromium()

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
    // The browser may ask for the icon again.
    page.on('request', (request) => !request.url().endsWith('.svg') && asked.push(request.url()))
    await page.getByRole('button', { name: 'Pause' }).press('Enter')
    const before = await counted(page)
    expect(before).toBeGreaterThan(0)
    expect(await text(page, '#stale')).toMatch(/^Paused\. These numbers are of \d\d:\d\d:\d\d\. They are/)
    expect(await text(page, '#status')).toBe('paused')
    await checkAccess(page)
    // What the user asks for is read, once.
    await page.locator('#live tbody a.open').first().click()
    await page.waitForSelector('#timeline li')
    // Longer than an update, a poll of the tables and the limit of the banner take.
    await page.waitForFunction(() => /are [5-9] s old/.test(document.querySelector('#stale')!.textContent!))
    expect(await counted(page)).toBe(before)
    expect(asked.map((request) => new URL(request).pathname)).toEqual(['/timeline.json'])
    await page.keyboard.press('Escape')
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

describe('several workers', () => {
  const counts = { opened: 30, closed: 3, requests: 400, reused: 320, late: 0, dropped: 0 }
  const rows = [4_690, 4_711, 4_720].map((pid, i) => ({
    pid,
    id: i + 1,
    since: 0,
    open: 10 + i,
    idle: 5,
    requests: 500,
    minute: counts,
    quarterHour: counts,
    age: i === 2 ? 12_000 : 0,
  }))

  it('the page says whose numbers it has, and whose connections', async () => {
    const url = await scriptedPage({ ...busyScript(10), workers: { rows } })
    const { page } = await openTab(url, { viewport: { width: 1_200, height: 4_000 } })
    await live(page)
    expect(await text(page, '#about')).toMatch(/^sum of 3 workers · /)
    expect(await text(page, '#workers .note')).toBe(
      'All numbers on this page are sums of 3 workers. This page comes from worker 2 of 3, process 4711.',
    )
    expect(await page.locator('#workers tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/^1, process 4690\s+10\s+5\s+80%/),
      expect.stringMatching(/^2, process 4711\s+11\s/),
      expect.stringMatching(/^3, process 4720: no answer for 12 s\s/),
    ])
    await page.waitForSelector('#live tbody tr')
    expect(await page.locator('#live-worker option:checked').textContent()).toBe('2 of 3, process 4711')
    const asked = page.waitForRequest(/connections\.json\?.*&worker=4690$/)
    await page.selectOption('#live-worker', '4690')
    await asked
    // Its timeline is asked of the same worker, also by the link alone.
    const link = page.locator('#live tbody a.open').first()
    await page.waitForFunction(() =>
      document.querySelector<HTMLAnchorElement>('#live tbody a.open')?.href.endsWith('?worker=4690'),
    )
    const looked = page.waitForRequest(/timeline\.json\?id=\d+&worker=4690$/)
    await link.click()
    await looked
    await checkAccess(page)
  })

  it('one worker alone says why, and a process that is no worker says nothing', async () => {
    const why = 'this system has no Unix sockets'
    const alone = await openTab(await scriptedPage({ ...busyScript(1), workers: { rows: [rows[1]!], why } }))
    await live(alone.page)
    expect(await text(alone.page, '#workers .note')).toBe(
      `All numbers are those of one worker, process 4711: the page cannot reach the other workers (${why}). The tables may be those of another worker.`,
    )
    expect(await alone.page.locator('#live-worker').isVisible()).toBe(false)
    const single = await openTab(await scriptedPage(busyScript(1)))
    await live(single.page)
    for (const part of ['#workers', '#live-worker'])
      expect(await single.page.locator(part).isVisible(), part).toBe(false)
    expect(await text(single.page, '#about')).toMatch(/^process 4711 · /)
  })
})

it('what is empty says what will appear', async () => {
  const { page } = await openTab(await scriptedPage({}), { viewport: { width: 1_200, height: 4_000 } })
  await live(page)
  expect(await text(page, '#verdict-title')).toBe('Waiting for the first connection')
  for (const [part, said] of [
    ['#tiles .range >> nth=0', 'The line begins within 10 s.'],
    [
      '#gaps .readout',
      'No idle gap has ended yet. How long connections wait for their next request appears here.',
    ],
    [
      '#advice .readout',
      'Too few idle gaps have ended so far. What each timeout would bring and cost appears here.',
    ],
    ['#requests .readout', 'No connection has closed yet. How many requests each had appears here.'],
    ['#closes .readout', 'No connection closed in the last 15 min. Close reasons appear here.'],
  ] as const)
    expect(await text(page, part)).toBe(said)
  for (const part of ['#clients', '#live'])
    expect(await page.locator(`${part} > .note`).textContent()).not.toBe('')
})
