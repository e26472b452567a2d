// One instance of an Express app with the kit, in its own process. SIGTERM drains it:
// node instance.mjs PORT OPTIONS DRAIN-OPTIONS
import express from 'express'
import { keepAlive } from 'keepalive-kit'

const [port, options, drain] = process.argv.slice(2)
const connections = keepAlive(JSON.parse(options))
const app = express()
app.use(connections)
let ready = true
app.get('/ready', (_req, res) => res.sendStatus(ready ? 200 : 503))
let used = false
app.post('/', express.text({ type: '*/*' }), (req, res) => {
  if (!used) process.send({ used: true })
  used = true
  // Some answers take longer, so that a drain finds requests in progress.
  if (req.body.endsWith('7')) setTimeout(() => res.send(req.body), 20)
  else res.send(req.body)
})
const server = app.listen(Number(port), '127.0.0.1', () => process.send({ listening: server.address().port }))
connections.attach(server)

process.on('SIGTERM', async () => {
  const report = await connections.drain({
    ...JSON.parse(drain),
    readiness: () => {
      ready = false
    },
  })
  process.send({ report, snapshot: connections.snapshot() }, () => process.disconnect())
})
