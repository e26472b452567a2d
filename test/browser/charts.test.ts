import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { scriptedPage } from '../support/scripted-page.ts'
import { busyScript } from '../support/synthetic.ts'
import { covering, cutOff, type Drawn, drawnText, noteDrawnText, textOfSvg, writtenText } from './boxes.ts'
import { openTab, useChromium } from './chromium.ts'

useChromium()

/** What the axes of each chart are called. */
const titles = {
  gaps: ['idle time (logarithmic)', 'idle gaps (square roots)'],
  advice: ['idle connections, mean', 'reuse, share of requests'],
  requests: ['requests on the connection', 'closed connections'],
  closes: [/^time before now, each bar \d+ (?:s|min)$/, 'closed connections'],
} as const

function checkText(drawn: Drawn): void {
  expect(covering(drawn.boxes), `${drawn.chart}: one text over another`).toEqual([])
  expect(cutOff(drawn), `${drawn.chart}: cut off`).toEqual([])
}

it.each([
  [375, 0],
  [1_440, 0],
  [375, 1_000],
  [1_440, 1_000],
] as const)(
  'at %s px and with %s connections all axes have titles, and no label is over another',
  async (width, connections) => {
    const { page } = await openTab(
      await scriptedPage(busyScript(connections)),
      { viewport: { width, height: 900 } },
      noteDrawnText,
    )
    await page.waitForFunction(() => document.querySelectorAll('.plot canvas').length === 4)
    const look = async (): Promise<void> => {
      const charts = await drawnText(page)
      expect(charts.map(({ chart }) => chart)).toEqual(Object.keys(titles))
      for (const drawn of charts) {
        checkText(drawn)
        const texts = drawn.boxes.map(({ text }) => text)
        for (const title of titles[drawn.chart as keyof typeof titles])
          expect(texts).toContainEqual(typeof title === 'string' ? title : expect.stringMatching(title))
        // An axis without numbers says nothing.
        if (connections > 0) expect(texts.length).toBeGreaterThan(7)
      }
      expect(covering(await writtenText(page), 3)).toEqual([])
    }
    await look()
    // Where the points of the curve lie close to each other.
    const slider = page.locator('#what-if')
    if (connections > 0)
      for (const key of ['End', 'ArrowLeft', 'PageDown', 'Home']) {
        await slider.press(key)
        await look()
      }
  },
)

it('the charts shrink with the window', async () => {
  const { page } = await openTab(await scriptedPage(busyScript(1_000)), {
    viewport: { width: 1_440, height: 900 },
  })
  await page.waitForFunction(() => document.querySelectorAll('.plot canvas').length === 4)
  await page.setViewportSize({ width: 375, height: 800 })
  await page.waitForFunction(() => document.documentElement.scrollWidth <= 375)
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.plot canvas')].every(({ clientWidth }) => clientWidth < 375),
  )
})

it('no label is over another in the files', async () => {
  const { page } = await openTab(await scriptedPage(busyScript(1_000)), { acceptDownloads: true })
  await page.waitForFunction(() => document.querySelectorAll('.plot canvas').length === 4)
  await page.locator('#what-if').press('End')
  for (const button of await page.locator('.chart').getByRole('button', { name: 'Download SVG' }).all()) {
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()])
    const drawn = await textOfSvg(page, readFileSync(await download.path(), 'utf8'))
    expect(drawn.boxes.length).toBeGreaterThan(9)
    checkText(drawn)
  }
})
