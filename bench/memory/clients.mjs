// Connections that have sent one request and are idle: node clients.mjs PORT
import { connect } from 'node:net'
import { serveParent } from '../child.mjs'

const port = Number(process.argv[2])
const open = []

/** Connections from one address: a fraction of the ports that the system assigns for it. */
const perAddress = 2_500

/** Number of connections opened at once. */
const lanes = 200

function openOne(localAddress) {
  return new Promise((opened, failed) => {
    const socket = connect({ port, host: '127.0.0.1', ...(localAddress && { localAddress }) })
    socket.on('error', failed)
    socket.write('GET / HTTP/1.1\r\nHost: bench\r\n\r\n')
    // The body comes last.
    socket.on('data', (bytes) => bytes.toString().endsWith('ok') && opened(socket))
  })
}

async function openAll(count, first) {
  let next = 0
  const lane = async () => {
    while (next < count) {
      const at = first + next++
      // Only Linux has all of 127.0.0.0/8 by default.
      const address = process.platform === 'linux' ? `127.0.0.${2 + Math.floor(at / perAddress)}` : undefined
      open.push(await openOne(address))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

function closeAll() {
  return Promise.all(
    open.splice(0).map((socket) => new Promise((closed) => socket.once('close', closed).end())),
  )
}

serveParent('ready', async ({ count, first }) => {
  if (count > 0) await openAll(count, first)
  else await closeAll()
  return open.length
})
