// HTTP/2 servers with the kit behind one port, as worker processes that are drained in turn; counts what they execute.
// node http2-cluster.mjs PORT SETTINGS: JSON of { options, slow, tls: { key, cert } }
import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { createSecureServer, createServer } from 'node:http2'
import { keepAlive } from 'keepalive-kit'

const [port, settings] = process.argv.slice(2)
const { options, slow, tls } = JSON.parse(settings)
const pause = 150

if (cluster.isPrimary) lead()
else work()

/** Keeps two workers; from `begin` on drains them in turn, each with a successor that already listens. */
function lead() {
  const executed = []
  const reports = []
  const crashes = []
  const workers = []
  let over = false
  const fork = () =>
    new Promise((done) => {
      const worker = cluster.fork()
      worker.on('message', ({ ids, report, snapshot }) => {
        for (const id of ids) executed.push(id)
        reports.push({ report, snapshot })
        worker.ended = true
      })
      worker.on('exit', (code, signal) => {
        if (!worker.ended) crashes.push(signal ?? code)
      })
      worker.once('listening', () => done(worker))
    })
  const drain = (worker) => {
    const gone = new Promise((done) => worker.once('exit', done))
    worker.send({ drain: true })
    return gone
  }
  const rotate = async () => {
    while (!over) {
      await new Promise((done) => setTimeout(done, pause))
      if (over) break
      workers.push(await fork())
      await drain(workers.shift())
      process.send({ drains: reports.length })
    }
  }
  let rotating
  // Its parent is gone.
  process.on('disconnect', () => process.exit())
  process.on('message', async ({ begin, finish }) => {
    if (begin) rotating = rotate()
    if (!finish) return
    over = true
    await rotating
    await Promise.all(workers.map(drain))
    process.send({ executed, reports, crashes }, () => process.disconnect())
  })
  Promise.all([fork(), fork()]).then((both) => {
    workers.push(...both)
    process.send({ listening: true })
  })
}

function work() {
  const ids = []
  const server = tls
    ? createSecureServer({ key: readFileSync(tls.key), cert: readFileSync(tls.cert) })
    : createServer()
  const connections = keepAlive(options)
  connections.attach(server)
  server.on('stream', (stream, headers) => {
    const id = Number(headers['x-id'] ?? headers[':path'].slice(1))
    ids.push(id)
    stream.on('error', () => {})
    stream.resume()
    // A few answers take a while, so that a close finds requests under way.
    if (slow && id % 10 === 7) setTimeout(() => answer(stream, headers, id), 20)
    else answer(stream, headers, id)
  })
  server.on('sessionError', () => {})
  server.listen(Number(port), '127.0.0.1')
  process.on('message', async ({ drain }) => {
    if (!drain) return
    const report = await connections.drain()
    process.send({ ids, report, snapshot: connections.snapshot() })
    // Not process.exit(): a connection may be on its way from the primary, which has to hear that it is not taken.
    process.once('disconnect', () => process.exit())
    cluster.worker.disconnect()
  })
}

function answer(stream, headers, id) {
  if (stream.destroyed) return
  if (headers['content-type'] !== 'application/grpc') {
    stream.respond({ ':status': 200, 'content-type': 'text/plain' })
    stream.end(String(id))
    return
  }
  // One message: no compression, its length, its bytes.
  const message = Buffer.from(String(id))
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(Buffer.concat([head, message]))
}
