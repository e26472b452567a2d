import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { diagnose } from '../../src/doctor/diagnose.ts'
import { keepAlive } from '../../src/keep-alive.ts'
import { examOf } from '../support/exam.ts'
import { cases } from '../support/findings.ts'
import { makePage } from '../support/page.ts'
import { RawClient } from '../support/raw.ts'
import { type Script, scriptedPage } from '../support/scripted-page.ts'
import { serve } from '../support/server.ts'
import { busyScript } from '../support/synthetic.ts'
import { eventually } from '../support/within.ts'
import { checkAccess } from './access.ts'
import { openTab, text, useChromium } from './chromium.ts'

useChromium()

/** What has the focus. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent || '')

/** A page with the finding, of clients that are in its table. */
function wasteful(): Script {
  const [finding] = diagnose(examOf(cases.KEEPALIVE_CLIENT_NEVER_REUSES.fires)).filter(
    ({ code }) => code === 'KEEPALIVE_CLIENT_NEVER_REUSES',
  )
  const clients = [{ address: '192.0.2.66', connections: 90, requests: 90, avoidable: 80 }]
  const row = { ...clients[0]!, reused: 0, reasons: {}, lastSeen: 1, neverReuses: true, checksHealth: false }
  const script = busyScript(1_000)
  return {
    ...script,
    findings: [{ ...finding!, evidence: { clients } }],
    clients: [...script.clients!, row],
  }
}

it('a finding leads to its client by keyboard, and the client to its connections', async () => {
  const { page } = await openTab(await scriptedPage(wasteful()), { viewport: { width: 1_200, height: 900 } })
  await page.locator('#verdict-leads a', { hasText: '192.0.2.66' }).press('Enter')
  await page.waitForFunction(() => document.querySelectorAll('#clients tbody tr').length === 1)
  expect(await text(page, '#clients tbody')).toMatch(/^192\.0\.2\.66\s*never reuses\s+90\s+90\s+0%/)
  expect(await focused(page)).toBe('clients-title')
  expect(await text(page, '#clients .note')).toMatch(/^1 of \d+ addresses\./)
  const asked = page.waitForRequest(/connections\.json\?.*client=192\.0\.2\.66/)
  await page.locator('#clients tbody a').press('Enter')
  await asked
  expect(await text(page, '#live .chip')).toMatch(/Client\s+192\.0\.2\.66\s+All clients/)
  expect(await focused(page)).toBe('live-title')
  // The browser's own button leads back, and a link to where one is leads there again.
  await page.goBack()
  expect(await page.locator('#clients-text').inputValue()).toBe('192.0.2.66')
  await page.fill('#clients-text', '')
  await page.waitForFunction(() => document.querySelectorAll('#clients tbody tr').length === 100)
  expect(new URL(page.url()).hash).toBe('')
  await page.locator('#verdict-leads a', { hasText: '192.0.2.66' }).press('Enter')
  await page.waitForFunction(() => document.querySelectorAll('#clients tbody tr').length === 1)
})

async function live(options = {}) {
  const kit = keepAlive({ keepAliveTimeout: 9_000, jitter: 0, ...options })
  const dashboard = makePage(kit, { path: '/keepalive' })
  const { port } = await serve(
    (req, res) => dashboard(req, res, () => res.end('app')),
    (server) => kit.attach(server),
  )
  const open = (count: number, localAddress: string): Promise<RawClient[]> =>
    Promise.all(Array.from({ length: count }, () => RawClient.open({ port, localAddress })))
  const closed = (): number => kit.snapshot().connections.closed
  return { kit, port, open, closed, url: `http://127.0.0.1:${port}/keepalive/` }
}

/** Asks for the rows anew, as the clock does every 5 s. */
const askAgain = (page: Page): Promise<unknown> =>
  Promise.all([
    page.waitForResponse(/connections\.json/),
    page.evaluate(() => document.querySelector('#live-state')!.dispatchEvent(new Event('change'))),
  ])

it('a connection leads to its timeline with its peer, its end and a copy; the focus comes back', async () => {
  const { url, open, closed } = await live()
  const [one, other] = (await open(2, '127.0.0.2')) as [RawClient, RawClient]
  await one.get('/one')
  await other.get('/other')
  await other.get('/other')
  await open(3, '127.0.0.3')
  const { page } = await openTab(`${url}#/connections?client=127.0.0.2`, {
    viewport: { width: 1_200, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await page.waitForFunction(() => document.querySelectorAll('#live tbody tr').length === 2)
  await page.getByRole('button', { name: 'Requests' }).last().click()
  const link = page.locator('#live tbody tr', { hasText: `:${one.socket.localPort}` }).locator('a')
  await link.press('Enter')
  await page.waitForSelector('#timeline[open] li')
  expect(await text(page, '#timeline')).toContain(`Peer\n127.0.0.2:${one.socket.localPort}\n`)
  expect(await text(page, '#timeline')).toMatch(/State\nidle for .*\n(?:.*\n)*.*request\s+GET \/one/)
  expect(page.url()).toMatch(/#\/connection\/\d+$/)
  await checkAccess(page)
  // It follows the connection to its end.
  one.close()
  await eventually(() => closed() === 1, 'the close')
  await page.waitForFunction(() =>
    document.querySelector('#timeline dl')!.textContent!.includes('client-idle'),
  )
  expect(await text(page, '#timeline')).toMatch(/State\nclosed by the client after .* idle: client-idle\n/)
  await page.locator('#timeline').getByRole('button', { name: 'Copy' }).click()
  await page.waitForFunction(() =>
    document.querySelector('#timeline .buttons')!.textContent!.includes('Copied'),
  )
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toMatch(/^Connection #\d+\nPeer: 127\.0\.0\.2:\d+\nState: closed by the client /)
  expect(copied).toMatch(/\n\n0\.000 s {2}accepted\n(?:.*\n)*.*closed by the client: client-idle\n$/)
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => location.hash === '#/connections?client=127.0.0.2')
  expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true)
  // Open ones are listed no longer once they have closed, and are found among the closed.
  await askAgain(page)
  await page.waitForFunction(() => document.querySelectorAll('#live tbody tr').length === 1)
  await page.selectOption('#live-state', 'closed')
  await page.waitForFunction(() =>
    document.querySelector('#live tbody')!.textContent!.includes('client-idle'),
  )
  await page.getByRole('button', { name: 'All clients' }).press('Enter')
  expect(await focused(page)).toBe('live-state')
  expect(new URL(page.url()).hash).toBe('')
})

it('the focus stays on a connection while others overtake it', async () => {
  const { url, open } = await live()
  const [first, second] = (await open(2, '127.0.0.2')) as [RawClient, RawClient]
  await first.get('/')
  const { page } = await openTab(`${url}#/connections?client=127.0.0.2`, {
    viewport: { width: 1_200, height: 900 },
  })
  await page.waitForFunction(() => document.querySelectorAll('#live tbody tr').length === 2)
  await page.locator('#live').getByRole('button', { name: 'Requests' }).click()
  const row = page.locator('#live tbody tr', { hasText: `:${first.socket.localPort}` })
  await row.locator('a').focus()
  const name = await focused(page)
  expect(await text(page, '#live tbody tr:first-child a')).toBe(name)
  for (let i = 0; i < 3; i++) await second.get('/')
  await askAgain(page)
  await page.waitForFunction(
    (id) => document.querySelector('#live tbody tr:first-child a')!.textContent !== id,
    name,
  )
  expect(await focused(page)).toBe(name)
})

it('turns pages beyond the first hundred, and begins anew with a filter', async () => {
  const { kit, url, open } = await live()
  await open(230, '127.0.0.2')
  await eventually(() => kit.connections().length >= 230, '230 connections')
  const { page } = await openTab(`${url}#/connections?client=127.0.0.2`)
  const where = (text: string): Promise<unknown> =>
    page.waitForFunction((wanted) => document.querySelector('#live .where')!.textContent === wanted, text)
  const ids = (): Promise<string[]> => page.locator('#live tbody tr td:first-child').allInnerTexts()
  await where('1 to 100 of 230')
  const seen = new Set(await ids())
  const next = page.getByRole('button', { name: 'Next page: connections' })
  for (const range of ['101 to 200 of 230', '201 to 230 of 230']) {
    await next.press('Enter')
    await where(range)
    for (const id of await ids()) seen.add(id)
  }
  expect(seen.size).toBe(230)
  // It keeps the focus, and leads no further.
  expect(await next.getAttribute('aria-disabled')).toBe('true')
  expect(await focused(page)).toBe('Next ›')
  await page.selectOption('#live-state', 'new')
  await where('1 to 100 of 230')
})

it('the page of a finding is a page', async () => {
  const script = { ...busyScript(10), findings: diagnose(examOf(cases.KEEPALIVE_TIMEOUT_NOT_A_NUMBER.fires)) }
  const { page } = await openTab(await scriptedPage(script), { viewport: { width: 375, height: 800 } })
  const code = await text(page, '#verdict-remedy a')
  const link = page.locator('#verdict-remedy a')
  const [finding] = await Promise.all([page.context().waitForEvent('page'), link.press('Enter')])
  await finding.waitForLoadState()
  expect(await text(finding, 'h1')).toBe(code)
  expect(await finding.locator('h2').allInnerTexts()).toContain('What to do')
  expect(await finding.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375)
  const papers = new Set<string>()
  for (const colorScheme of ['light', 'dark'] as const) {
    await finding.emulateMedia({ colorScheme })
    papers.add(await finding.locator('main').evaluate((main) => getComputedStyle(main).backgroundColor))
    await checkAccess(finding)
  }
  // The style is that of the page.
  expect(papers.size).toBe(2)
  await finding.getByRole('link', { name: 'keep-alive' }).click()
  await finding.waitForSelector('#verdict')
})

it('rows that come above do not push the place of a link out of sight', async () => {
  const { page } = await openTab(await scriptedPage(wasteful()), { viewport: { width: 1_200, height: 900 } })
  await page.waitForSelector('#verdict-leads a')
  // Seen for the first time, the clients are read while the connections are gone to.
  await page.evaluate(() => {
    location.hash = '#/connections?state=idle'
  })
  for (const part of ['#clients', '#live']) await page.locator(`${part} tbody tr`).first().waitFor()
  await page.waitForFunction(() => {
    const { top } = document.querySelector('#live-title')!.getBoundingClientRect()
    return top >= 0 && top < innerHeight
  })
})

it('no column is lost in 375 px without a word of it', async () => {
  const { page } = await openTab(await scriptedPage(busyScript(1_000)), {
    viewport: { width: 375, height: 800 },
  })
  for (const part of ['#clients', '#live']) {
    await page.locator(part).scrollIntoViewIfNeeded()
    await page.locator(`${part} tbody tr`).first().waitFor()
    const columns = await page.locator(`${part} thead th`).count()
    expect(await text(page, `${part} .scroll-hint`)).toBe(`${columns} columns: scroll sideways to see all →`)
    expect(await page.locator(`${part} .edges[data-more-right]`).count()).toBe(1)
    const view = page.locator(`${part} .scroll`)
    await view.press('End')
    await view.evaluate((element) => element.scrollTo({ left: element.scrollWidth }))
    await page.waitForSelector(`${part} .edges[data-more-left]:not([data-more-right])`)
    // The first column says whose row it is.
    const cells = await page
      .locator(`${part} thead th`)
      .evaluateAll((all) =>
        all.map((each) => each.getBoundingClientRect()).map(({ left, right }) => [left, right]),
      )
    for (const [left, right] of [cells.at(0)!, cells.at(-1)!]) {
      expect(left).toBeGreaterThanOrEqual(0)
      expect(right).toBeLessThanOrEqual(375)
    }
  }
  await page.setViewportSize({ width: 1_440, height: 800 })
  await page.waitForSelector('#clients .scroll-hint', { state: 'hidden' })
})
