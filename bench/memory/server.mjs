// A server whose heap is measured: node --expose-gc server.mjs bare|kit|caps
import { createServer } from 'node:http'
import { getHeapSpaceStatistics } from 'node:v8'
import { keepAlive } from 'keepalive-kit'
import { serveParent } from '../child.mjs'

/** Longer than the measurement, in ms, also for the bare server. */
const keepAliveTimeout = 600_000

const kits = {
  kit: { keepAliveTimeout },
  caps: { keepAliveTimeout, maxRequests: 10_000, maxAge: 600_000, maxIdle: 1_000_000 },
}

const server = createServer((_req, res) => res.end('ok'))
server.keepAliveTimeout = keepAliveTimeout
const [, , variant] = process.argv
if (variant !== 'bare') keepAlive(kits[variant]).attach(server)
await new Promise((listening) => server.listen({ port: 0, host: '0.0.0.0', backlog: 4_096 }, listening))

const count = () => new Promise((done) => server.getConnections((_error, open) => done(open)))

/** The heap without compiled code, which V8 produces as long as it can optimize something. */
const heapOfData = () =>
  getHeapSpaceStatistics()
    .filter(({ space_name }) => !space_name.startsWith('code'))
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0)

serveParent(server.address().port, async (expected) => {
  while ((await count()) !== expected) await new Promise((done) => setTimeout(done, 20))
  for (let i = 0; i < 5; i++) {
    globalThis.gc()
    await new Promise((done) => setTimeout(done, 50))
  }
  return { heap: heapOfData(), resident: process.memoryUsage.rss() }
})
