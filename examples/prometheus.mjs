// Metrics with prom-client at /metrics. The package's folder prometheus has rules and a Grafana dashboard for them.
import express from 'express'
import { keepAlive } from 'keepalive-kit'
import { collectMetrics } from 'keepalive-kit/prometheus'
import { register } from 'prom-client'

const connections = keepAlive({ behind: 'nginx' })
collectMetrics(connections, register)

const app = express()
app.use(connections)

app.get('/', (_req, res) => {
  res.send('ok\n')
})

app.get('/metrics', async (_req, res) => {
  res.type(register.contentType).send(await register.metrics())
})

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
