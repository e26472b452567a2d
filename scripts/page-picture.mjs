// docs/page.png: the page with a minute of the demo's traffic, in Chromium. Needs a build, Chromium and pngquant.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'

const [cli, picture] = ['../dist/cli.cjs', '../docs/page.png'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

/** Time until the faults of the demo are visible, in ms. */
const minute = 60_000

const demo = spawn(process.execPath, [cli, 'demo', '--page'], {
  env: { ...process.env, NO_COLOR: '1' },
  stdio: ['ignore', 'pipe', 'ignore'],
})
const [line] = await once(createInterface(demo.stdout), 'line')
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
const page = await browser.newPage({ viewport: { width: 1_180, height: 1_220 } })
await page.goto(/http:\S+/.exec(line)[0])
await sleep(minute)
await page.screenshot({ path: picture })
await browser.close()
demo.kill()
await promisify(execFile)('pngquant', ['--force', '--output', picture, '64', picture])
