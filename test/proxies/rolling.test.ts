import { Agent, request } from 'node:http'
import { expect, it } from 'vitest'
import type { DrainReport, KeepAliveOptions } from '../../src/index.ts'
import { Instance } from '../support/instances.ts'
import { freePort, type RunningProxy, startHaproxy, startNginx } from '../support/proxies.ts'
import { sleep } from '../support/within.ts'

const total = Number(process.env.ROLLING_REQUESTS ?? 20_000)
const clients = 16

/** A steady load of POSTs, for as long as there are more; resolves with how often each outcome came. */
async function load(port: number, more: (sent: number) => boolean): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const outcomes: Record<string, number> = {}
  let sent = 0
  const post = (body: string): Promise<string> =>
    new Promise((done) => {
      const headers = { 'Content-Type': 'text/plain', 'Content-Length': body.length }
      const req = request({ port, host: '127.0.0.1', method: 'POST', agent, headers })
      req.on('response', (res) => {
        let text = ''
        res.on('data', (chunk) => {
          text += chunk
        })
        res.on('end', () => done(text === body ? '200' : String(res.statusCode)))
      })
      req.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message))
      req.end(body)
    })
  const client = async (): Promise<void> => {
    while (more(sent)) {
      const outcome = await post(String(sent++))
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      // So that connections rest now and then, some for longer than others.
      if (sent % 5 === 0) await sleep(Math.random() * 40)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  agent.destroy()
  return outcomes
}

const proxies: Record<string, (ports: readonly number[]) => Promise<RunningProxy>> = {
  nginx: (ports) =>
    startNginx(
      `${ports.map((port) => `server 127.0.0.1:${port} max_fails=1 fail_timeout=1s;`).join(' ')} keepalive 32;`,
    ),
  haproxy: (ports) =>
    startHaproxy(
      `  option httpchk GET /ready
  timeout check 2s
  http-reuse always
${ports.map((port, i) => `  server s${i} 127.0.0.1:${port} check inter 200ms fall 1 rise 1`).join('\n')}`,
    ),
}

const policies: Record<string, KeepAliveOptions> = {
  'no caps': {},
  'maxRequests 50, maxAge 2 s': { maxRequests: 50, maxAge: 2_000 },
}

it.each(
  Object.keys(proxies).flatMap((proxy) => Object.keys(policies).map((policy) => [proxy, policy] as const)),
)(
  'through %s, with %s, no request fails while two instances are drained and restarted in turn',
  { timeout: 180_000 },
  async (name, policy) => {
    const instances = [await freePort(), await freePort()].map(
      (port) => new Instance(port, policies[policy]!),
    )
    for (const instance of instances) await instance.start()
    const proxy = await proxies[name]!(instances.map(({ port }) => port))
    let done = false
    let restarts = 0
    const outcomes = load(proxy.port, (sent) => sent < total || restarts < 2).finally(() => {
      done = true
    })
    const reports: DrainReport[] = []
    let answered = 0
    while (!done) {
      const instance = instances[restarts % 2]!
      await sleep(500)
      const { report, snapshot } = await instance.drain({ timeout: 10_000, wait: 600, spread: 300 })
      expect(report.forced).toEqual({ new: 0, active: 0, idle: 0, closing: 0, upgraded: 0, unknown: 0 })
      reports.push(report)
      answered += snapshot.requests.answered
      await instance.start()
      restarts++
      await sleep(name === 'nginx' ? 1_200 : 300)
    }
    const { 200: succeeded, ...failed } = await outcomes
    expect(failed, `${JSON.stringify(reports)}\n${proxy.errors()}`).toEqual({})
    expect(succeeded).toBeGreaterThanOrEqual(total)
    expect(answered).toBeGreaterThan(0)
  },
)
