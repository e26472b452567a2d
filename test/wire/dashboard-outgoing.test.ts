import { createServer, get } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { dashboard } from '../../src/dashboard/dashboard.ts'
import { keepAlive } from '../../src/index.ts'
import { startOutgoing } from '../../src/outgoing/start.ts'
import { registeredOutgoing } from '../../src/outgoing.ts'
import { listen, stop } from '../support/server.ts'

interface Answer {
  readonly outgoing: null | {
    readonly total: number
    readonly rows: readonly Record<string, unknown>[]
    readonly findings: readonly unknown[]
  }
}

it('shows outgoing connections where the process counts them', async () => {
  const kit = keepAlive()
  const page = dashboard(kit)
  const server = createServer((req, res) => void page(req, res))
  kit.attach(server)
  onTestFinished(() => stop(server))
  const url = `http://127.0.0.1:${await listen(server)}/outgoing.json`
  const ask = (): Promise<Answer> =>
    new Promise((done, failed) => {
      get(url, (res) => {
        let text = ''
        res.on('data', (bytes) => (text += bytes)).on('end', () => done(JSON.parse(text) as Answer))
      }).on('error', failed)
    })
  expect(await ask()).toEqual({ outgoing: null })
  startOutgoing()
  startOutgoing()
  onTestFinished(() => registeredOutgoing()!.stop())
  await ask()
  const { outgoing } = await ask()
  expect(outgoing).toMatchObject({ total: 1, findings: [] })
  expect(outgoing!.rows).toEqual([
    expect.objectContaining({ origin: new URL(url).origin, opened: 1, requests: 2, reused: 1, lost: 0 }),
  ])
})
