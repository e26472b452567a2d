// A server with its metrics on another port: node measured-instance.mjs OPTIONS
// It answers any message with the kit's snapshot.
import { createServer } from 'node:http'
import { keepAlive } from 'keepalive-kit'
import { collectMetrics } from 'keepalive-kit/prometheus'
import { Registry } from 'prom-client'

const connections = keepAlive(JSON.parse(process.argv[2]))
const registry = collectMetrics(connections, new Registry())

const server = createServer((_req, res) => res.end('ok'))
connections.attach(server)
const metrics = createServer(async (_req, res) => {
  res.setHeader('Content-Type', registry.contentType).end(await registry.metrics())
})

process.on('message', () => process.send(connections.snapshot()))
server.listen(0, '127.0.0.1', () =>
  metrics.listen(0, '127.0.0.1', () =>
    process.send({ port: server.address().port, metricsPort: metrics.address().port }),
  ),
)
