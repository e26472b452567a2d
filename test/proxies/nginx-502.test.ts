import { Agent, get, request } from 'node:http'
import { expect, it } from 'vitest'
import { type BlockingServer, startBlocking } from '../support/blocking.ts'
import { type RunningProxy, startNginx } from '../support/proxies.ts'
import { sleep } from '../support/within.ts'

const keepAliveTimeout = 500
const keepAliveTimeoutBuffer = 1_000
const rounds = Number(process.env.NGINX_502_ROUNDS ?? 10)
const burst = 50

const post = (port: number, agent: Agent): Promise<number> =>
  new Promise((done, failed) => {
    const req = request({ port, host: '127.0.0.1', method: 'POST', agent, headers: { 'Content-Length': 2 } })
    req.on('response', (res) => res.resume().on('end', () => done(res.statusCode!)))
    req.on('error', failed)
    req.end('hi')
  })

/** Bursts through the proxy that come just when its connections to the server are due to be closed. */
async function bursts(server: BlockingServer, proxy: RunningProxy): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: burst })
  const direct = new Agent({ keepAlive: true })
  const blocker = setInterval(() => {
    get({ port: server.port, host: '127.0.0.1', path: '/block/60', agent: direct }, (res) => res.resume()).on(
      'error',
      () => {},
    )
  }, 100)
  let bad = 0
  for (let round = 0; round < rounds; round++) {
    const statuses = await Promise.all(Array.from({ length: burst }, () => post(proxy.port, agent)))
    bad += statuses.filter((status) => status === 502).length
    await sleep(keepAliveTimeout + keepAliveTimeoutBuffer - 60 + Math.random() * 120)
  }
  clearInterval(blocker)
  agent.destroy()
  direct.destroy()
  return bad
}

async function measure(
  kit: 'plain' | 'kit',
): Promise<{ bad: number; cut: number; late: number | undefined }> {
  const server = await startBlocking(kit, { keepAliveTimeout, keepAliveTimeoutBuffer })
  const proxy = await startNginx(
    `server 127.0.0.1:${server.port} max_fails=0; keepalive 100; keepalive_timeout 60s;`,
  )
  const bad = await bursts(server, proxy)
  const cut =
    proxy.errors().match(/upstream prematurely closed connection|Connection reset by peer/g)?.length ?? 0
  return { bad, cut, late: (await server.snapshot())?.requests.late }
}

it('at most 1 in 100 of the 502s of plain Node, each of them counted as late', {
  timeout: 120_000,
}, async () => {
  const [plain, kit] = await Promise.all([measure('plain'), measure('kit')])
  console.log(`502s of ${rounds * burst}: plain Node ${plain.bad}, with the kit ${kit.bad}; late ${kit.late}`)
  expect(plain.bad).toBeGreaterThan(0)
  // So few rounds can lose three to bad luck, whatever plain Node loses.
  expect(kit.bad).toBeLessThanOrEqual(Math.max(3, plain.bad / 100))
  expect(kit.late).toBe(kit.cut)
  expect(kit.late).toBe(kit.bad)
})
