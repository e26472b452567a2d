// Two workers. The primary adds up their metrics and serves them on a separate port.
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { keepAlive } from 'keepalive-kit'
import { collectMetrics } from 'keepalive-kit/prometheus'
import { AggregatorRegistry, register } from 'prom-client'

// Needed in the workers too: it answers the primary.
const registry = new AggregatorRegistry()

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()]
  const metrics = createServer((_req, res) => {
    const serve = (text) => res.setHeader('Content-Type', registry.contentType).end(text)
    registry.clusterMetrics().then(serve, () => res.writeHead(503).end())
  })
  metrics.listen(process.env.METRICS_PORT ?? 3001, '127.0.0.1')
  let listening = 0
  cluster.on('listening', (_worker, { port }) => {
    if (++listening < workers.length) return
    console.log(`http://127.0.0.1:${port}`)
    console.log(`http://127.0.0.1:${metrics.address().port}`)
  })
} else {
  const connections = keepAlive()
  collectMetrics(connections, register)
  const server = createServer((_req, res) => res.end('ok\n'))
  connections.attach(server)
  server.listen(process.env.PORT ?? 3000, '127.0.0.1')
}
