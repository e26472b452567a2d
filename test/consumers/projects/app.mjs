// A server with the kit and its page, which asks itself for all that it has, and prints what it got.
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import { connectionOf, keepAlive } from 'keepalive-kit'
import { dashboard } from 'keepalive-kit/dashboard'

const connections = keepAlive({ keepAliveTimeout: 30_000 })
const page = dashboard(connections, { path: '/keepalive' })
const server = createServer((req, res) => page(req, res, () => res.end(String(connectionOf(req)?.requests))))
connections.attach(server)

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

async function ask(path) {
  const [res] = await once(get({ port: server.address().port, host: '127.0.0.1', path, agent }), 'response')
  let body = ''
  for await (const part of res.setEncoding('utf8')) body += part
  return { status: res.statusCode, keepAlive: res.headers['keep-alive'], body }
}

async function main() {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const first = await ask('/')
  const second = await ask('/')
  const files = {}
  for (const name of ['', 'page.js', 'page.css', 'icon.svg', 'KEEPALIVE_DANGER_ZONE.html', 'report.json']) {
    const { status, body } = await ask(`/keepalive/${name}`)
    files[name] = { status, length: body.length, start: body.slice(0, 60) }
  }
  agent.destroy()
  await connections.drain({ timeout: 2_000 })
  console.log(JSON.stringify({ first, second, files }))
}

main()
