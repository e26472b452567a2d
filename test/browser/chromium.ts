import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'

/** Debian's; another one by CHROMIUM. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

let browser: Browser

/** One browser for the tests of a file. */
export function useChromium(): void {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  afterAll(() => browser.close())
}

/** A tab, and what it complained of. */
export interface Tab {
  readonly page: Page
  /** Errors of the console and of scripts, violations of the Content-Security-Policy, requests to elsewhere. */
  readonly complaints: string[]
}

/**
 * Opens a page, which is closed with the test; then it must have complained of nothing.
 *
 * @param prepare - called before the page is loaded.
 */
export async function openTab(
  url: string,
  options: BrowserContextOptions = {},
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<Tab> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  // A wait says what for, before the test's own time is over.
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  const { origin } = new URL(url)
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('blob:'))
      complaints.push(`request: ${request.url()}`)
  })
  await page.exposeFunction('complain', (text: string) => complaints.push(text))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      ;(window as unknown as { complain(text: string): void }).complain(
        `policy: ${violatedDirective} ${blockedURI}`,
      )
    })
  })
  onTestFinished(async () => {
    await context.close()
    expect(complaints).toEqual([])
  })
  await prepare(page)
  await page.goto(url)
  return { page, complaints }
}

/** The text of the one element that a selector is for. */
export const text = (page: Page, selector: string): Promise<string> =>
  // biome-ignore lint/performance/useDomNodeTextContent: what is seen is what is meant.
  page.locator(selector).innerText()
