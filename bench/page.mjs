// npm run bench:page: what the page, watched by a viewer, costs a server with 5,000 live connections under load.
// The same server with nobody watching is its base, in the same run. -- --rounds 9 --connections 5000 --seconds 5
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ratiosToBase, roundOrder, spread } from './stats.mjs'
import { load } from './wrk.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    connections: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '5' },
    check: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)

/** What the watched server may cost, in units of the unwatched one. */
const bar = 1.02

const child = fork(fileURLToPath(new URL('page-server.mjs', import.meta.url)))
const ask = async (message) => {
  const answer = once(child, 'message')
  if (message) child.send(message)
  return (await answer)[0]
}
const { port } = await ask()
const url = `http://127.0.0.1:${port}/`

const idle = await Promise.all(Array.from({ length: Number(values.connections) }, open))
await load(url, 4)
const measured = new Map([
  ['closed', []],
  ['open', []],
])
const ratios = []
for (let round = 0; round < rounds; round++) {
  const slices = []
  for (const id of roundOrder('closed', ['open'], round)) slices.push({ id, cost: await slice(id) })
  for (const { id, cost } of slices) measured.get(id).push(cost)
  ratios.push(ratiosToBase(slices).get('open'))
}
for (const socket of idle) socket.destroy()
child.disconnect()

const { q1, median, q3 } = spread(ratios)
console.log(`${idle.length} live connections, Node ${process.version}, ${rounds} rounds of ${seconds} s`)
for (const [id, costs] of measured)
  console.log(`page ${id}: ${spread(costs).median.toFixed(2)} µs of CPU per request`)
console.log(`ratio ${median.toFixed(4)} (quartiles ${q1.toFixed(4)} to ${q3.toFixed(4)})`)
if (values.check && median > bar) {
  console.error(`The page costs more than ${bar}.`)
  process.exitCode = 1
}

/** CPU per request of one slice, with or without a browser's worth of viewing. */
async function slice(id) {
  const leave = id === 'open' ? watch() : () => {}
  await load(url, 1)
  const before = (await ask('cpu')).cpu
  const { requests } = await load(url, seconds)
  const cost = ((await ask('cpu')).cpu - before) / requests
  leave()
  return cost
}

/** What an open page asks for: the stream, and both tables every 5 s, the first time at once. */
function watch() {
  const stream = get(`${url}keepalive/stream`, (res) => res.resume()).on('error', () => {})
  const poll = () => {
    for (const table of ['clients.json', 'connections.json'])
      get(`${url}keepalive/${table}`, (res) => res.resume()).on('error', () => {})
  }
  poll()
  const timer = setInterval(poll, 5_000)
  return () => {
    clearInterval(timer)
    stream.destroy()
  }
}

/** A connection that has had a response and waits. */
function open() {
  return new Promise((done, failed) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: bench\r\n\r\n'))
    socket.on('error', failed).once('data', () => done(socket))
  })
}
