// Clients that send one request after the other: node clients.mjs PORT http|https keep|close
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { serveParent } from '../child.mjs'
import { quantile } from '../stats.mjs'

/** Clients at a time: enough to keep one server busy. */
const lanes = 16

const [, , port, scheme, manner] = process.argv
const keeps = manner === 'keep'
const request = `GET / HTTP/1.1\r\nHost: bench\r\n${keeps ? '' : 'Connection: close\r\n'}\r\n`
const target = { port: Number(port), host: '127.0.0.1', noDelay: true }

const dial = () =>
  scheme === 'https' ? connectTls({ ...target, rejectUnauthorized: false }) : connect(target)

/** One request on a connection, until the whole body has arrived. */
function exchange(socket) {
  return new Promise((answered, failed) => {
    const onData = (bytes) => {
      if (!bytes.toString('latin1').endsWith('ok')) return
      socket.off('data', onData)
      socket.off('error', failed)
      answered()
    }
    socket.on('data', onData)
    socket.once('error', failed)
    socket.write(request)
  })
}

async function load(milliseconds) {
  const latencies = []
  const end = performance.now() + milliseconds
  const lane = async () => {
    let socket
    while (performance.now() < end) {
      const before = performance.now()
      socket ??= dial()
      await exchange(socket)
      latencies.push(performance.now() - before)
      if (keeps) continue
      socket.end()
      socket.on('error', () => {})
      socket = undefined
    }
    socket?.destroy()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return latencies
}

serveParent('ready', async (seconds) => {
  const begun = performance.now()
  const before = process.cpuUsage()
  const latencies = await load(seconds * 1_000)
  const { user, system } = process.cpuUsage(before)
  return {
    rate: latencies.length / ((performance.now() - begun) / 1_000),
    p50: quantile(latencies, 0.5),
    p90: quantile(latencies, 0.9),
    p99: quantile(latencies, 0.99),
    cpu: (user + system) / latencies.length,
  }
})
