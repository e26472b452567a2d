// A gRPC-like service: HTTP/2 without TLS (h2c), as behind Envoy, nginx grpc_pass or an ALB.
import { createServer } from 'node:http2'
import { connectionOf, keepAlive } from 'keepalive-kit'

// After about 10 minutes a session gets GOAWAY: its client opens another session, perhaps to another server.
const connections = keepAlive({ behind: 'envoy', maxAge: 600_000, log: true })

const server = createServer()
connections.attach(server)
server.on('stream', (stream) => {
  const { requests, activeRequests, protocol } = connectionOf(stream)
  stream.respond({ ':status': 200, 'content-type': 'application/json' })
  stream.end(JSON.stringify({ requests, activeRequests, protocol }))
})

process.on('SIGTERM', async () => {
  // GOAWAY to every session; what is under way is answered.
  const { answered, duration } = await connections.drain({ timeout: 10_000 })
  console.log(`${answered} requests answered in ${duration} ms`)
  process.exit()
})

server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`)
})
