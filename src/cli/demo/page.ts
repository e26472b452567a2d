import { once, setMaxListeners } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { dashboard } from '../../dashboard/dashboard.ts'
import { keepAlive } from '../../keep-alive.ts'
import { lookOf } from '../look.ts'
import { liveTraffic } from './traffic.ts'

/** The page with live traffic, until Ctrl-C. Resolves with the exit code. */
export async function pageDemo(): Promise<number> {
  // With this buffer the server still holds a connection when the balancer closes it, so the page can show that the
  // timeout is shorter than the balancer's.
  const timeouts = { keepAliveTimeout: 4_000, keepAliveTimeoutBuffer: 4_000 }
  const connections = keepAlive({ ...timeouts, maxRequests: 120 })
  const page = dashboard(connections, { path: '/keepalive' })
  const server = createServer((req, res) => page(req, res, () => void answer(req.url ?? '', res)))
  connections.attach(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  leaveFindingsToThePage()
  const { style } = lookOf(process.stdout)
  console.log(`The page, with live traffic: ${style('bold', `http://127.0.0.1:${port}/keepalive/`)}`)
  console.log(
    'Press Ctrl-C to end the demo. The kit prints a warning for each finding: here the page shows them.',
  )
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

/** Node still prints every other warning. */
function leaveFindingsToThePage(): void {
  const printers = process.listeners('warning')
  process.removeAllListeners('warning').on('warning', (warning) => {
    if (warning.name === 'KeepAliveWarning') return
    for (const print of printers) print.call(process, warning)
  })
}

/** Answers within the time that the client asks for. */
async function answer(url: string, res: ServerResponse): Promise<void> {
  const asked = Number(new URLSearchParams(url.replace(/^[^?]*\??/, '')).get('within'))
  if (asked > 0) await sleep(Math.min(asked, 1_000) * Math.random())
  res.end('hello\n')
}
