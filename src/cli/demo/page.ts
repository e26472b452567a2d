import { once, setMaxListeners } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { dashboard } from '../../dashboard/dashboard.ts'
import { keepAlive } from '../../keep-alive.ts'
import { paint } from './paint.ts'
import { liveTraffic } from './traffic.ts'

/** The page with live traffic, until Ctrl-C. Resolves with the exit code. */
export async function pageDemo(): Promise<number> {
  // The buffer is as long as it is to let the page see when the balancer closes, which is too late for the timeout.
  const timeouts = { keepAliveTimeout: 4_000, keepAliveTimeoutBuffer: 4_000 }
  const connections = keepAlive({ ...timeouts, maxRequests: 120 })
  const page = dashboard(connections, { path: '/keepalive' })
  const server = createServer((req, res) => page(req, res, () => void answer(req.url ?? '', res)))
  connections.attach(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  console.log(`The page, with live traffic: ${paint('bold', `http://127.0.0.1:${port}/keepalive/`)}`)
  console.log('Ctrl-C ends it.')
  const ending = new AbortController()
  setMaxListeners(0, ending.signal)
  const traffic = liveTraffic({
    port,
    closesAfter: timeouts.keepAliveTimeout + timeouts.keepAliveTimeoutBuffer,
    signal: ending.signal,
  })
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  ending.abort()
  page.close()
  server.close()
  server.closeAllConnections()
  await traffic
  return 0
}

/** Takes as long as the client asks for. */
async function answer(url: string, res: ServerResponse): Promise<void> {
  const asked = Number(new URLSearchParams(url.replace(/^[^?]*\??/, '')).get('within'))
  if (asked > 0) await sleep(Math.min(asked, 1_000) * Math.random())
  res.end('hello\n')
}
