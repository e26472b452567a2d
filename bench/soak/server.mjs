// The server of the soak test, in its own process. Run with --expose-gc.
import { createServer } from 'node:http'
import { getHeapSpaceStatistics } from 'node:v8'
import { keepAlive } from 'keepalive-kit'

const connections = keepAlive({
  keepAliveTimeout: 1_000,
  keepAliveTimeoutBuffer: 0,
  headersTimeout: 1_000,
  maxRequests: 40,
  maxAge: 600,
  maxIdle: 400,
  minIdle: 10,
  linger: 200,
})

const server = createServer({ connectionsCheckingInterval: 200 }, (req, res) => {
  if (req.url === '/app') res.setHeader('Connection', 'close')
  if (req.url === '/destroy') req.socket.destroy()
  else if (req.url === '/hang') res.write('a part')
  else if (req.url === '/inactive') req.socket.setTimeout(50)
  else if (req.method === 'POST' && req.url !== '/unread') req.resume().on('end', () => res.end('ok'))
  else res.end('ok')
})
server.on('upgrade', (_req, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
  socket.on('data', () => socket.end())
  socket.on('error', () => {})
})
connections.attach(server)
server.requestTimeout = 1_200

const settle = async () => {
  const deadline = performance.now() + 30_000
  while (connections.connections().length > 0 && performance.now() < deadline) {
    await new Promise((done) => setTimeout(done, 100))
  }
}

/** The heap without compiled code, which V8 produces as long as it can optimize something. */
const heapOfData = () =>
  getHeapSpaceStatistics()
    .filter(({ space_name }) => !space_name.startsWith('code'))
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0)

const answers = {
  /** The heap after every connection is gone, in bytes. */
  async heap() {
    await settle()
    for (let i = 0; i < 4; i++) {
      globalThis.gc()
      await new Promise((done) => setTimeout(done, 50))
    }
    return { heap: heapOfData(), snapshot: connections.snapshot() }
  },
  async drain() {
    const report = await connections.drain({ timeout: 5_000 })
    return { report, snapshot: connections.snapshot(), left: connections.connections().length }
  },
}

process.on('message', async (message) => process.send(await answers[message]()))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
