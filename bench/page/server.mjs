// The server of the page's bench, which forks it: a kit, and its page at /keepalive.
import { createServer } from 'node:http'
import { keepAlive } from 'keepalive-kit'
import { dashboard } from 'keepalive-kit/dashboard'

const connections = keepAlive()
const page = dashboard(connections, { path: '/keepalive' })
const server = createServer((req, res) =>
  page(req, res, () => {
    req.resume()
    res.end('ok')
  }),
)
connections.attach(server)

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ cpu: user + system })
})
process.on('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
