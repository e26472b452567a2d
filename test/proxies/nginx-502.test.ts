import { Agent, get, request } from 'node:http'
import { expect, it } from 'vitest'
import { type BlockingServer, startBlocking } from '../support/blocking.ts'
import { type RunningProxy, startNginx } from '../support/proxies.ts'
import { sleep } from '../support/within.ts'

const keepAliveTimeout = 500
const keepAliveTimeoutBuffer = 1_000
const minRounds = Number(process.env.NGINX_502_ROUNDS ?? 10)
const maxRounds = 60
const burst = 50

const post = (port: number, agent: Agent): Promise<number> =>
  new Promise((done, failed) => {
    const req = request({ port, host: '127.0.0.1', method: 'POST', agent, headers: { 'Content-Length': 2 } })
    req.on('response', (res) => res.resume().on('end', () => done(res.statusCode!)))
    req.on('error', failed)
    req.end('hi')
  })

interface Bursts {
  rounds: number
  bad: number
}

/** Bursts through the proxy that come just when its connections to the server are due to be closed. */
async function sendBursts(
  server: BlockingServer,
  proxy: RunningProxy,
  goesOn: (so: Bursts) => boolean,
): Promise<Bursts> {
  const agent = new Agent({ keepAlive: true, maxSockets: burst })
  const direct = new Agent({ keepAlive: true })
  const blocker = setInterval(() => {
    get({ port: server.port, host: '127.0.0.1', path: '/block/60', agent: direct }, (res) => res.resume()).on(
      'error',
      () => {},
    )
  }, 100)
  const so: Bursts = { rounds: 0, bad: 0 }
  while (goesOn(so)) {
    const statuses = await Promise.all(Array.from({ length: burst }, () => post(proxy.port, agent)))
    so.bad += statuses.filter((status) => status === 502).length
    so.rounds++
    await sleep(keepAliveTimeout + keepAliveTimeoutBuffer - 60 + Math.random() * 120)
  }
  clearInterval(blocker)
  agent.destroy()
  direct.destroy()
  return so
}

interface Measured extends Bursts {
  cut: number
  late: number | undefined
}

async function measure(kit: 'plain' | 'kit', goesOn: (so: Bursts) => boolean): Promise<Measured> {
  const server = await startBlocking(kit, { keepAliveTimeout, keepAliveTimeoutBuffer })
  const proxy = await startNginx(
    `server 127.0.0.1:${server.port} max_fails=0; keepalive 100; keepalive_timeout 60s;`,
  )
  const so = await sendBursts(server, proxy, goesOn)
  const cut =
    proxy.errors().match(/upstream prematurely closed connection|Connection reset by peer/g)?.length ?? 0
  return { ...so, cut, late: (await server.snapshot())?.requests.late }
}

/** Few rounds have few losses: what the kit loses then is chance. The long form has the true bar. */
const share = minRounds >= 200 ? 1 / 100 : 1 / 10

it('loses a small share of what plain Node loses, and counts each loss as late', {
  timeout: 600_000,
}, async () => {
  // By chance some bursts in a row miss the close. So both go on until plain Node has lost two whole bursts.
  let plainHasLost = false
  const goesOn = ({ rounds }: Bursts): boolean => rounds < minRounds || (!plainHasLost && rounds < maxRounds)
  const [plain, kit] = await Promise.all([
    measure('plain', (so) => {
      plainHasLost = so.bad >= 2 * burst
      return goesOn(so)
    }),
    measure('kit', goesOn),
  ])
  console.log(
    `502s: plain Node ${plain.bad} of ${plain.rounds * burst}, with the kit ${kit.bad} of ${kit.rounds * burst}; late ${kit.late}`,
  )
  expect(plain.bad).toBeGreaterThanOrEqual(2 * burst)
  expect(kit.bad).toBeLessThanOrEqual(plain.bad * share)
  expect(kit.late).toBe(kit.cut)
  expect(kit.late).toBe(kit.bad)
})
