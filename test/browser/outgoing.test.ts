import { createServer } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { keepAlive } from '../../src/keep-alive.ts'
import { registeredOutgoing } from '../../src/outgoing/registered.ts'
import { startOutgoing } from '../../src/outgoing/start.ts'
import { httpSender } from '../support/outgoing-clients.ts'
import { makePage } from '../support/page.ts'
import { listen, serve, stop } from '../support/server.ts'
import { checkAccess } from './access.ts'
import { openTab, text, useChromium } from './chromium.ts'

useChromium()

it('shows the outgoing connections where the process counts them, and what is wrong', async () => {
  const kit = keepAlive()
  const dashboard = makePage(kit)
  const { port } = await serve(
    (req, res) => dashboard(req, res),
    (server) => kit.attach(server),
  )
  const url = `http://127.0.0.1:${port}/`
  const before = await openTab(url)
  expect(await before.page.evaluate(async () => (await fetch('outgoing.json')).json())).toEqual({
    outgoing: null,
  })
  expect(await before.page.locator('#outgoing').count()).toBe(0)
  startOutgoing()
  onTestFinished(() => registeredOutgoing()!.stop())
  const target = createServer((_req, res) => res.end('ok'))
  const origin = `http://127.0.0.1:${await listen(target)}`
  onTestFinished(() => stop(target))
  for (let i = 0; i < 30; i++) await httpSender(origin, false)('/')
  const { page } = await openTab(url)
  await page.locator('#outgoing').scrollIntoViewIfNeeded()
  expect(await text(page, '#outgoing tbody')).toMatch(new RegExp(`${origin}\\s+30\\s+`))
  expect(await text(page, '#outgoing ul')).toContain('OUTGOING_AGENT_PER_REQUEST')
  await checkAccess(page)
  const [response] = await Promise.all([
    page.waitForResponse(/OUTGOING_AGENT_PER_REQUEST\.html/),
    page.locator('#outgoing ul a').click(),
  ])
  expect(response.status()).toBe(200)
})
