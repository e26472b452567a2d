// Only node:http: attach() is the only line. Each closed connection prints a line on standard output.
import { createServer } from 'node:http'
import { connectionOf, keepAlive } from 'keepalive-kit'

const server = createServer((req, res) => {
  const connection = connectionOf(req)
  res.end(connection ? `request ${connection.requests} on connection ${connection.id}\n` : 'no record\n')
})

keepAlive({ maxRequests: 1_000, log: true }).attach(server)

server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
