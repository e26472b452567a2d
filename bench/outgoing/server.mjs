// The cheapest server that keeps connections: node server.mjs
import { createServer } from 'node:net'
import { serveParent } from '../child.mjs'

const answer = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Sat, 28 Nov 2026 00:00:00 GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=65\r\nContent-Length: 2\r\n\r\nok',
)

// A request of the clients comes in one piece.
const server = createServer((socket) => {
  socket.setNoDelay(true)
  socket.on('data', () => socket.write(answer))
  socket.on('error', () => {})
})
await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
serveParent(server.address().port, () => undefined)
