// One instance of an Express app with the kit, as a process of its own: node instance.mjs PORT OPTIONS
import express from 'express'
import { keepAlive } from 'keepalive-kit'

const [port, options] = process.argv.slice(2)
const connections = keepAlive(JSON.parse(options))
const app = express()
app.use(connections)
let ready = true
app.get('/ready', (_req, res) => res.sendStatus(ready ? 200 : 503))
app.post('/', express.text({ type: '*/*' }), (req, res) => {
  // A few answers take a while, so that a drain finds requests under way.
  if (req.body.endsWith('7')) setTimeout(() => res.send(req.body), 20)
  else res.send(req.body)
})
const server = app.listen(Number(port), '127.0.0.1', () => process.send({ listening: server.address().port }))
connections.attach(server)

process.on('message', async ({ drain }) => {
  const report = await connections.drain({
    ...drain,
    readiness: () => {
      ready = false
    },
  })
  process.send({ report, snapshot: connections.snapshot() }, () => process.exit(0))
})
