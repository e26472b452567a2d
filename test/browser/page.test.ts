import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { adviseOn, figures } from '../../src/dashboard/page/advice.ts'
import { kitBehind } from '../../src/keep-alive.ts'
import { resolvePolicy } from '../../src/policy/policy.ts'
import { makeKit } from '../support/kit.ts'
import { makePage } from '../support/page.ts'
import { RawClient } from '../support/raw.ts'
import { scriptedPage } from '../support/scripted-page.ts'
import { serve } from '../support/server.ts'
import { busyScript } from '../support/synthetic.ts'
import { eventually, sleep } from '../support/within.ts'
import { checkAccess } from './access.ts'
import { openTab, text, useChromium } from './chromium.ts'

useChromium()

/** True where something is drawn: more than one colour. */
const isDrawn = (page: Page, selector: string): Promise<boolean> =>
  page
    .locator(`${selector} canvas`)
    .first()
    .evaluate((element) => {
      const canvas = element as HTMLCanvasElement
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      const colours = new Set(new Uint32Array(data.buffer))
      return colours.size > 3
    })

describe('with live traffic', () => {
  /** An app under some traffic, and the page at /keepalive. */
  async function start() {
    const { kit } = makeKit({ keepAliveTimeout: 5_000 })
    const page = makePage(kit, { path: '/keepalive' })
    const { port, server } = await serve(
      (req, res) => page(req, res, () => res.end('app')),
      (server) => kit.attach(server),
    )
    // Not the browser's address, which may open a connection more than it uses.
    const clients = await Promise.all(
      Array.from({ length: 6 }, () => RawClient.open({ port, localAddress: '127.0.0.2' })),
    )
    for (let round = 0; round < 4; round++) {
      await Promise.all(clients.map((client) => client.get('/')))
      await sleep(40)
    }
    clients[0]!.close()
    return { kit, server, port, clients, url: `http://127.0.0.1:${port}/keepalive` }
  }

  it('every part is there, and says what the snapshot says', async () => {
    const { url, clients } = await start()
    const { page } = await openTab(url, { viewport: { width: 1_200, height: 3_200 } })
    await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'live')
    expect(page.url()).toBe(`${url}/`)
    await page.waitForFunction(() =>
      (document.querySelector('#gaps .readout')?.textContent ?? '').includes('gaps'),
    )
    expect(await text(page, 'h1')).toBe('Healthy')
    expect(await text(page, '#verdict-message')).toMatch(
      /^75% of 24 requests .* reused a connection\. No request/,
    )
    // Not open ones: the browser may have opened one more than it has used so far.
    expect(await text(page, '#tiles')).toMatch(/Idle\s+connections now\s+5/)
    expect(await text(page, '#tiles')).toContain('75%')
    expect(await text(page, '#own')).toMatch(/this page's own \d connections? and \d+ requests/)
    expect(await text(page, '#gaps .readout')).toMatch(
      /^19 gaps: 95% ended by the next request, 5.3% by the client/,
    )
    for (const part of ['#gaps', '#requests']) expect(await isDrawn(page, part), part).toBe(true)
    await page.waitForSelector('#clients tbody tr')
    expect(await text(page, '#clients tbody')).toMatch(/127\.0\.0\.2\s+6\s+24\s+75%/)
    await page.waitForSelector('#live tbody tr')
    expect(await page.locator('#live tbody tr', { hasText: '127.0.0.2:' }).count()).toBe(5)
    expect(await page.locator('#live tbody tr', { hasText: 'this page' }).count()).toBeGreaterThan(0)
    await page.waitForFunction(() => document.querySelectorAll('#closes .legend li').length > 0, {
      timeout: 9_000,
    })
    expect(await text(page, '#closes')).toContain('client-idle 1 (client)')
    expect(await isDrawn(page, '#closes')).toBe(true)
    // It is live.
    await clients[1]!.get('/')
    await page.waitForFunction(() => document.querySelector('#gaps .readout')?.textContent?.startsWith('2'))
  })

  it('what came from the network stays text', async () => {
    const { url, port } = await start()
    const evil = '<img src=x onerror=window.pwned=1><script>window.pwned=1</script>'
    const client = await RawClient.open({ port })
    await client.get(
      `/${evil.replaceAll(' ', '%20')}?x='"><svg/onload=window.pwned=1>`,
      `User-Agent: ${evil}\r\nX-Forwarded-For: ${evil}\r\n`,
    )
    const { page } = await openTab(url, { viewport: { width: 1_200, height: 3_200 } })
    await page.waitForSelector('#live tbody tr')
    await page.selectOption('#live-state', 'idle')
    await page.fill('#live-text', evil.slice(0, 60))
    await page.waitForFunction(() => document.querySelector('#live .note')?.textContent?.startsWith('0 of'))
    await page.fill('#live-text', '')
    await page.waitForFunction(() => document.querySelectorAll('#live tbody tr').length > 1)
    let told = ''
    const links = await page
      .locator('#live tbody a')
      .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).hash))
    for (const link of links) {
      await page.evaluate((hash) => {
        location.hash = hash
      }, link)
      const title = `Connection #${link.replace(/\D/g, '')}`
      await page.waitForFunction(
        (text) => document.querySelector('#timeline h2')!.textContent === text,
        title,
      )
      await page.waitForFunction(() => document.querySelector('#timeline .note')!.textContent !== 'Looking…')
      told += await text(page, '#timeline')
    }
    expect(told).toMatch(/request\s+GET \/<img%20src=x%20onerror=window\.pwned=1><script>/)
    expect(await page.evaluate(() => (window as unknown as { pwned?: number }).pwned)).toBeUndefined()
    expect(await page.locator('img, svg, main script').count()).toBe(0)
  })

  it('pauses while it is hidden, and goes on when it is seen again', async () => {
    const { url, kit } = await start()
    const { page } = await openTab(url)
    const streams = (): number =>
      kitBehind(kit)!
        .aside()
        .filter(({ state }) => state === 'active').length
    await eventually(() => streams() === 1, 'the stream')
    const show = (state: string): Promise<void> =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'visibilityState', { value, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      }, state)
    await show('hidden')
    await eventually(() => streams() === 0, 'the end of the stream')
    expect(await text(page, '#status')).toBe('paused while hidden')
    await show('visible')
    await eventually(() => streams() === 1, 'the stream again')
    await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'live')
  })

  it('says how old the numbers are once the server is gone, and dims them', async () => {
    const { url, server } = await start()
    const { page, complaints } = await openTab(url)
    await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'live')
    await page.waitForFunction(() => document.querySelector('#tiles .value')?.textContent !== '–')
    expect(await page.locator('#stale').isVisible()).toBe(false)
    server.close()
    server.closeAllConnections()
    await page.waitForSelector('#stale:not([hidden])', { timeout: 8_000 })
    expect(await text(page, '#stale')).toMatch(
      /^No update for [4-9] s: .* These numbers are of \d\d:\d\d:\d\d\.$/,
    )
    expect(
      await page
        .locator('#tiles .value')
        .first()
        .evaluate((element) => Number(getComputedStyle(element).opacity)),
    ).toBeLessThan(0.5)
    // What the browser says of a server that is gone is no fault of the page.
    for (const complaint of complaints.splice(0)) expect(complaint).toContain('net::ERR_')
  })

  it('copies a report with masked addresses', async () => {
    const { url } = await start()
    const { page } = await openTab(url, { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.click('#copy')
    await page.waitForFunction(() => document.querySelector('#copy')?.textContent === 'Copied')
    const report = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))
    expect(report.snapshot.connections.opened).toBeGreaterThanOrEqual(6)
    expect(report.snapshot.clients.rows.map(({ address }: { address: string }) => address)).toEqual([
      '127.0.0.0/24',
    ])
    expect(report).toMatchObject({ node: process.version, policy: { keepAliveTimeout: 5_000 } })
  })
})

describe('the slider', () => {
  it('shows what the advisor computes', async () => {
    const script = busyScript(1_000)
    const { page } = await openTab(await scriptedPage(script))
    const policy = resolvePolicy(script.options)
    const shown = (): Promise<string[][]> =>
      page
        .locator('#advice table.figures tbody tr')
        .evaluateAll((rows) =>
          rows.map((row) => [...(row as HTMLTableRowElement).cells].map(({ textContent }) => textContent!)),
        )
    await page.waitForSelector('#advice table.figures td')
    const slider = page.locator('#what-if')
    const seen = new Set<string>()
    for (const key of ['Home', 'PageUp', 'PageUp', 'ArrowRight', 'PageUp', 'End']) {
      await slider.press(key)
      const rows = await shown()
      const { horizon } = adviseOn(script.summary!, policy, 100).advice.observed
      const step = Number(await slider.inputValue())
      const most = Math.max(1_000, Math.ceil(horizon))
      const tried = Math.min(most, Number((100 * (most / 100) ** (step / 400)).toPrecision(2)))
      expect(rows).toEqual(figures(adviseOn(script.summary!, policy, tried)).rows)
      seen.add(rows.map((row) => row[3]).join())
    }
    expect(seen.size).toBeGreaterThan(4)
  })
})

it.each([
  [0, 375, 'dark'],
  [0, 1_440, 'light'],
  [1, 375, 'light'],
  [1, 1_440, 'dark'],
  [1_000, 375, 'light'],
  [1_000, 375, 'dark'],
  [1_000, 1_440, 'light'],
  [1_000, 1_440, 'dark'],
  [100_000, 375, 'dark'],
  [100_000, 1_440, 'light'],
] as const)('%s connections fit into %s px, in %s colours', async (connections, width, colorScheme) => {
  const { page } = await openTab(await scriptedPage(busyScript(connections)), {
    viewport: { width, height: 900 },
    colorScheme,
  })
  await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'live')
  await page.locator('#live').scrollIntoViewIfNeeded()
  if (connections > 0) await page.waitForSelector('#live tbody tr')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  await checkAccess(page)
})

/** How many shapes there are in an SVG file; none where it is no XML. Parsed where no policy forbids it. */
async function shapesOf(page: Page, svg: string): Promise<number> {
  const blank = await page.context().newPage()
  const shapes = await blank.evaluate((source) => {
    const { documentElement } = new DOMParser().parseFromString(source, 'image/svg+xml')
    return documentElement.nodeName === 'svg'
      ? documentElement.querySelectorAll('path, circle, rect').length
      : 0
  }, svg)
  await blank.close()
  return shapes
}

describe('with a thousand connections', () => {
  const open = async (options = {}): Promise<Page> => {
    const { page } = await openTab(await scriptedPage(busyScript(1_000)), options)
    await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'live')
    return page
  }

  it('each chart can be read by keyboard, as a table, and saved as a file', async () => {
    const page = await open({ acceptDownloads: true })
    for (const part of ['#gaps', '#advice', '#requests', '#closes']) {
      const plot = page.locator(`${part} .plot`)
      const before = await text(page, `${part} .readout`)
      expect(await plot.getAttribute('aria-label')).toContain(before)
      await plot.focus()
      await page.keyboard.press('End')
      await page.keyboard.press('ArrowLeft')
      expect(await text(page, `${part} .readout`), part).not.toBe(before)
      await page.locator(`${part} .chart summary`).press('Enter')
      await page.locator(`${part} .chart tbody tr`).nth(4).waitFor()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator(`${part} .chart`).getByRole('button', { name: 'Download SVG' }).click(),
      ])
      expect(download.suggestedFilename()).toMatch(/\.svg$/)
      const svg = readFileSync(await download.path(), 'utf8')
      expect(await shapesOf(page, svg), part).toBeGreaterThan(3)
    }
    expect(await page.locator('#tiles table').count()).toBe(4)
  })

  it('draws the timeouts and shades the near misses', async () => {
    const page = await open({ viewport: { width: 1_200, height: 900 } })
    expect(await text(page, '#gaps .legend')).toContain('near miss')
    expect(await text(page, '#gaps .readout')).toMatch(/are near misses, from 4 s to 6(?:\.\d+)? s/)
    expect(await isDrawn(page, '#gaps')).toBe(true)
  })

  it('sorts by its headings, marks who never reuses, and opens timelines', async () => {
    const page = await open({ viewport: { width: 1_200, height: 4_000 } })
    await page.waitForSelector('#clients tbody tr')
    expect(await page.locator('#clients tr.bad').count()).toBe(1)
    expect(await text(page, '#clients tr.bad')).toContain('never reuses')
    const asked = page.waitForRequest(/clients\.json\?.*sort=requests&order=down/)
    await page.locator('#clients').getByRole('button', { name: 'Requests' }).click()
    await asked
    expect(await page.locator('#clients th', { hasText: 'Requests' }).getAttribute('aria-sort')).toBe(
      'descending',
    )
    await page.locator('#live tbody a').first().press('Enter')
    await page.waitForSelector('#timeline[open] li')
    expect(await page.locator('#timeline li').allInnerTexts()).toHaveLength(3)
    await page.keyboard.press('Escape')
    expect(await page.locator('#timeline[open]').count()).toBe(0)
  })

  it('does not jump as its numbers change', async () => {
    const page = await open()
    const places = (): Promise<number[]> =>
      page
        .locator('section:not([hidden])')
        .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top + scrollY))
    const before = await places()
    await page.locator('#gaps .plot').hover()
    await page.locator('#what-if').press('End')
    await sleep(300)
    expect(await places()).toEqual(before)
  })
})

it('findings and names that are no text but markup stay text', async () => {
  const evil = '<img src=x onerror=window.pwned=1>'
  const row = {
    address: evil,
    connections: 60,
    requests: 60,
    reused: 0,
    reasons: {},
    lastSeen: 1,
    neverReuses: true,
    checksHealth: true,
  }
  const finding = {
    code: 'KEEPALIVE_DANGER_ZONE',
    severity: 'warning',
    message: `${evil} is wrong.`,
    evidence: {},
    remedy: evil,
    help: evil,
  } as const
  const script = { ...busyScript(10), findings: [finding], clients: [row], timeline: [evil] }
  const { page } = await openTab(await scriptedPage(script), { viewport: { width: 1_200, height: 4_000 } })
  await page.waitForSelector('#clients tbody tr')
  expect(await text(page, '#verdict-message')).toBe(`${evil} is wrong.`)
  expect(await text(page, '#clients tbody')).toContain(evil)
  expect(await text(page, '#clients tbody')).toContain('health checks')
  await page.locator('#live tbody a').first().click()
  await page.waitForSelector('#timeline li')
  expect(await text(page, '#timeline li')).toBe(evil)
  expect(await page.evaluate(() => (window as unknown as { pwned?: number }).pwned)).toBeUndefined()
  expect(await page.locator('img').count()).toBe(0)
})
