import { Agent, request } from 'node:http'
import { expect, it } from 'vitest'
import type { KeepAliveOptions } from '../../src/index.ts'
import { balancers } from '../support/balancers.ts'
import { Instance } from '../support/instances.ts'
import { freePort } from '../support/proxies.ts'
import { sleep } from '../support/within.ts'

const total = Number(process.env.ROLLING_REQUESTS ?? 20_000)
const clients = 16
const forcedNone = { new: 0, active: 0, idle: 0, closing: 0, upgraded: 0, unknown: 0 }

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
        res.on('error', (error) => done(`in the body: ${error.message}`))
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

const policies: Record<string, KeepAliveOptions> = {
  'no caps': {},
  'maxRequests 50, maxAge 2 s': { maxRequests: 50, maxAge: 2_000 },
}

/** With `wait` where the proxy has health checks; and without behind each proxy that needs none. */
const cases = Object.entries(balancers).flatMap(([proxy, { wait, failsOver }]) =>
  Object.keys(policies).flatMap((policy) => [
    ...(wait === undefined ? [] : [[proxy, policy, wait] as const]),
    ...(failsOver ? [[proxy, policy, 0] as const] : []),
  ]),
)

async function startAll(options: KeepAliveOptions, wait: number): Promise<Instance[]> {
  // Nothing else is passed to drain(): its defaults have to do.
  const drain = wait === 0 ? {} : { wait }
  const ports = await Promise.all(Array.from({ length: 3 }, freePort))
  const instances = ports.map((port) => new Instance(port, options, drain))
  for (const instance of instances) await instance.start()
  return instances
}

// How each proxy learns that an instance is not ready, how long that takes, and what the proxy does with a connection
// that closes under it, is in balancers.ts.
it.each(cases)(
  'through %s, with %s and a wait of %i ms, no request fails while SIGTERM restarts each instance in turn',
  { timeout: 300_000 },
  async (name, policy, wait) => {
    const instances = await startAll(policies[policy]!, wait)
    const proxy = await balancers[name]!.start(instances.map(({ port }) => port))
    let over = false
    let restarts = 0
    const outcomes = load(proxy.port, (sent) => sent < total || restarts < instances.length).finally(() => {
      over = true
    })
    const drained = []
    while (!over) {
      await sleep(300)
      const instance = instances[restarts % instances.length]!
      drained.push(await instance.terminate())
      await instance.start()
      restarts++
      await Promise.race([instance.used(), outcomes])
    }
    const { 200: succeeded = 0, ...failed } = await outcomes
    const reports = drained.map(({ report }) => report)
    console.log(`${name}, ${policy}, wait ${wait}: ${succeeded} answered in ${restarts} drains`, failed)
    expect(failed, `${JSON.stringify(reports)}\n${proxy.errors()}`).toEqual({})
    expect(succeeded).toBeGreaterThanOrEqual(total)
    for (const { forced } of reports) expect(forced).toEqual(forcedNone)
    expect(drained.some(({ snapshot }) => snapshot.requests.answered > 0)).toBe(true)
  },
)
