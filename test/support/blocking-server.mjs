// A server with an event loop that can be blocked, in its own process: node blocking-server.mjs KIT OPTIONS
// KIT is 'plain' or 'kit'. OPTIONS are the kit's; on plain Node they are the server's properties of the same names.
import { createServer } from 'node:http'
import { keepAlive } from 'keepalive-kit'

const [kit, json] = process.argv.slice(2)
const options = JSON.parse(json)
const server = createServer((req, res) => {
  const [, blocked] = /^\/block\/(\d+)$/.exec(req.url) ?? []
  for (const end = performance.now() + Number(blocked ?? 0); performance.now() < end; );
  req.resume()
  res.end('ok')
})
for (const [name, value] of Object.entries(options)) if (name in server) server[name] = value
const connections = kit === 'kit' ? keepAlive(options).attach(server) : undefined
process.on('message', () => process.send({ snapshot: connections?.snapshot() }))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
