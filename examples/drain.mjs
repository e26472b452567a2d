// SIGTERM drains: /ready says no, every connection is finished without losing a request, and the process ends.
import express from 'express'
import { keepAlive } from 'keepalive-kit'

const connections = keepAlive({ behind: 'nginx' })
let ready = true

const app = express()
app.use(connections)
app.get('/ready', (_req, res) => {
  res.sendStatus(ready ? 200 : 503)
})
app.get('/', (_req, res) => {
  res.send('ok\n')
})
const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
connections.attach(server)

// A second signal gets the same drain; with `once` it would kill the process.
process.on('SIGTERM', async () => {
  const readiness = () => {
    ready = false
  }
  // The time that the proxy needs to see that /ready says no.
  const wait = Number(process.env.WAIT ?? 5_000)
  console.log(await connections.drain({ timeout: 25_000, readiness, wait }))
  // Close the rest of the app here. Timers and database pools would keep the process alive.
  process.exit()
})
