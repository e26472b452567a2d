// The 502 of a load balancer: a connection pool, 25 ms away, reuses connections at about the time Node closes them.
import { createServer } from 'node:http'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { keepAlive } from 'keepalive-kit'

const wire = (from, to) => {
  from.on('data', (data) => setTimeout(() => to.write(data), 25))
  from.on('end', () => setTimeout(() => to.end(), 25)).on('error', () => to.destroy())
}
async function isLost(port, idle) {
  const socket = net.connect(port, '127.0.0.1').on('error', () => {})
  const isAnswered = () => {
    socket.write('GET / HTTP/1.1\r\nHost: example\r\n\r\n')
    return new Promise((done) => socket.once('data', () => done(true)).once('close', () => done(false)))
  }
  await isAnswered()
  await sleep(idle)
  return socket.writable && !(await isAnswered()) // If not writable, the pool has seen the close and opens a new connection.
}
for (const [name, kit] of [
  ['plain Node', undefined],
  ['with the kit', keepAlive()],
]) {
  const server = createServer((_req, res) => res.end('ok')).listen(0, '127.0.0.1')
  kit?.attach(server)
  const relay = net.createServer((client) => {
    const upstream = net.connect(server.address().port, '127.0.0.1')
    wire(client, upstream)
    wire(upstream, client)
  })
  await new Promise((done) => relay.listen(0, '127.0.0.1', done))
  const pool = Array.from({ length: 400 }, (_, n) => isLost(relay.address().port, 4_900 + 3 * n))
  console.log(`${name}: ${(await Promise.all(pool)).filter(Boolean).length} of 400 requests lost`)
}
process.exit()
