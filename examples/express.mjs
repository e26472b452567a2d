// Express 4 and 5 behind an AWS Application Load Balancer: one line keeps connections longer than the load balancer does.
import express from 'express'
import { connectionOf, keepAlive } from 'keepalive-kit'

const connections = keepAlive({ behind: 'aws-alb' })

const app = express()
app.use(connections)

app.get('/', (req, res) => {
  const connection = connectionOf(req)
  res.send(connection ? `request ${connection.requests}, reused ${connection.reused}\n` : 'no record\n')
})

// Only for loopback: the snapshot contains the addresses of clients. Elsewhere put it behind authorization.
app.get('/snapshot', (_req, res) => {
  res.json(connections.snapshot())
})

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
