// node:https: TLS_KEY=key.pem TLS_CERT=cert.pem node examples/https.mjs
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { connectionOf, keepAlive } from 'keepalive-kit'

const key = readFileSync(process.env.TLS_KEY)
const cert = readFileSync(process.env.TLS_CERT)

const server = createServer({ key, cert }, (req, res) => {
  const connection = connectionOf(req)
  res.end(connection ? `request ${connection.requests} over ${connection.tls}\n` : 'no record\n')
})

keepAlive({ maxAge: 3_600_000 }).attach(server)

server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`https://127.0.0.1:${server.address().port}`)
})
