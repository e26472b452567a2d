// What this process does with the connections that it opens itself: one agent for all requests, and one for each.
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import { trackOutgoing } from 'keepalive-kit/outgoing'

const servers = [createServer(answer), createServer(answer)]
for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening')
const [good, bad] = servers.map((server) => `http://127.0.0.1:${server.address().port}`)

const outgoing = trackOutgoing()
const shared = new Agent({ keepAlive: true })
for (let i = 0; i < 30; i++) {
  await send(good, shared)
  await send(bad, new Agent({ keepAlive: true }))
}

for (const { origin, connections, requests } of outgoing.snapshot().origins.sort(byOrigin))
  console.log(`${nameOf(origin)}: ${requests.total} requests on ${connections.opened} connections`)
for (const { code, remedy } of outgoing.diagnose()) console.log(`${code}: ${remedy}`)
process.exit()

function answer(_req, res) {
  res.end('ok\n')
}

function send(origin, agent) {
  return new Promise((done, failed) => {
    get(origin, { agent }, (res) => res.resume().on('end', () => setImmediate(done))).on('error', failed)
  })
}

function nameOf(origin) {
  return origin === good ? 'one agent' : 'an agent for each'
}

function byOrigin(a, b) {
  return nameOf(b.origin).localeCompare(nameOf(a.origin))
}
