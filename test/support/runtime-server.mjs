// A plain server on the runtime that runs this file: RUNTIME runtime-server.mjs KIT OPTIONS [TLS]
// KIT is 'plain' or 'kit'. TLS, a key and a certificate, makes it https. It reads commands from standard input, one word
// each, and writes lines of JSON to standard output.
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createInterface } from 'node:readline'

const [kit, json, tls] = process.argv.slice(2)
const options = JSON.parse(json)
const tell = (message) => console.log(JSON.stringify(message))

process.on('warning', ({ code }) => tell({ warning: code }))
process.on('uncaughtException', ({ stack }) => tell({ crash: stack }))
process.on('unhandledRejection', (error) => tell({ crash: String(error?.stack ?? error) }))

/** `/slow` waits for the command 'release', `/early` answers before it reads the body; all others echo the body. */
const waiting = []
const handler = (req, res) => {
  const { pathname } = new URL(req.url, 'http://test')
  tell({ request: pathname })
  res.on('close', () => tell({ responseClosed: pathname }))
  if (pathname === '/slow') return void waiting.push(() => res.end('slow'))
  if (pathname === '/early') res.end('early')
  let body = ''
  req.setEncoding('latin1').on('data', (chunk) => {
    body += chunk
  })
  req.on('end', () => {
    if (pathname === '/early') tell({ read: body.length })
    else res.end(`${pathname}${body && ` ${body.length < 100 ? body : body.length}`}`)
  })
}
const server = tls ? createTlsServer(JSON.parse(tls), handler) : createServer(handler)

let connections
if (kit === 'kit') {
  const { keepAlive } = await import('keepalive-kit')
  connections = keepAlive({ jitter: 0, ...options, log: (closed) => tell({ closed }) }).attach(server)
} else {
  for (const [name, value] of Object.entries(options)) if (name in server) server[name] = value
}

const commands = {
  release: () => {
    for (const answer of waiting.splice(0)) answer()
  },
  look: () => tell({ look: { snapshot: connections.snapshot(), open: connections.connections() } }),
  drain: async () => {
    const drained = connections.drain({ timeout: 3_000, spread: 0 })
    const listening = setInterval(() => {
      if (server.listening) return
      clearInterval(listening)
      tell({ draining: true })
    }, 5)
    tell({ report: await drained })
  },
  close: () => server.close(() => tell({ serverClosed: true })),
}
createInterface({ input: process.stdin })
  .on('line', (name) => commands[name]())
  .on('close', () => process.exit())

server.listen(0, '127.0.0.1', () => tell({ port: server.address().port }))
