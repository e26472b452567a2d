// Two workers. SIGTERM to the primary, or to all processes, drains the workers; then the primary ends too.
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { keepAlive } from 'keepalive-kit'

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()]
  let listening = 0
  cluster.on('listening', (_worker, { port }) => {
    if (++listening === workers.length) console.log(`http://127.0.0.1:${port}`)
  })
  process.on('SIGTERM', () => {
    for (const worker of workers) worker.process.kill('SIGTERM')
  })
} else {
  const server = createServer((_req, res) => res.end('ok\n'))
  const connections = keepAlive()
  connections.attach(server)
  server.listen(process.env.PORT ?? 3000, '127.0.0.1')

  process.on('SIGTERM', async () => {
    // A second signal gets the same drain.
    const { closedIdle } = await connections.drain({ timeout: 25_000 })
    if (!process.connected) return
    console.log(`worker ${cluster.worker.id} drained, ${closedIdle} closed idle`)
    process.disconnect()
  })
}
