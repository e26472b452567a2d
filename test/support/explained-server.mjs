// A server with the kit that fails as it is asked to, and logs closed connections to standard output:
// node explained-server.mjs PORT OPTIONS
import { createServer } from 'node:http'
import { keepAlive } from 'keepalive-kit'

const [port, options] = process.argv.slice(2)
const connections = keepAlive({
  keepAliveTimeout: 1_000,
  keepAliveTimeoutBuffer: 0,
  log: 'json',
  ...JSON.parse(options),
})

/** What each path does once its request has come whole. */
const handlers = {
  '/destroy': (req) => req.socket.destroy(),
  '/destroy-later': (req) => setTimeout(() => req.socket.destroy(), 80),
  '/destroy-within': (req, res) => {
    res.writeHead(200, { 'Content-Length': 100 })
    res.write('half')
    setTimeout(() => req.socket.destroy(), 30)
  },
  '/crash': () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), 150),
  '/never': () => {},
  '/error': (_req, res) => res.writeHead(503).end('no'),
}

const server = createServer((req, res) => {
  const [path] = req.url.split('?')
  req.resume().on('end', () => (handlers[path] ? handlers[path](req, res) : res.end('ok')))
  req.on('error', () => {})
})
connections.attach(server)
server.listen(Number(port), '127.0.0.1', () => process.send('listening'))
process.on('SIGTERM', async () => {
  await connections.drain({ timeout: 300 })
  process.disconnect()
})
