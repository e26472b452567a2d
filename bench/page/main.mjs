// npm run bench:page: what a watched page costs a server with 5,000 open connections under load.
// It measures two things in one run. CPU per request under load, watched and unwatched, needs a quiet machine. The CPU that
// watching takes without other load, as a share of the CPU under load, does not.
// -- --rounds 9 --connections 5000 --seconds 5 --check
import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { alternating, compare, spread } from '../stats.mjs'

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

/** The share of the CPU under load that watching may take. */
const bar = 0.02

/** Pairs of a watched and an unwatched period without load. */
const quietPairs = 4

const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)))
const ask = async (message) => {
  const answer = once(child, 'message')
  if (message) child.send(message)
  return (await answer)[0]
}
const { port } = await ask()
const url = `http://127.0.0.1:${port}/`

const idle = await Promise.all(Array.from({ length: Number(values.connections) }, open))
await load(url, 4)
const costs = { closed: [], open: [] }
const busy = []
const ratios = []
for (let round = 0; round < rounds; round++) {
  const slices = []
  for (const id of alternating('closed', 'open', 1)) slices.push({ id, ...(await slice(id)) })
  for (const { id, share } of slices) if (id === 'closed') busy.push(share)
  const inRound = compare(slices)
  costs.closed.push(inRound.base)
  costs.open.push(inRound.other)
  ratios.push(inRound.ratio)
}
const quiet = { closed: [], open: [] }
for (let pair = 0; pair < quietPairs; pair++)
  for (const id of ['closed', 'open']) quiet[id].push(await rest(id))
for (const socket of idle) socket.destroy()
child.disconnect()

const middle = (numbers) => spread(numbers).median
const { q1, median, q3 } = spread(ratios)
const watching = middle(quiet.open) - middle(quiet.closed)
const share = watching / middle(busy)
console.log(`${idle.length} live connections, Node ${process.version}, ${rounds} rounds of ${seconds} s`)
for (const id of ['closed', 'open'])
  console.log(`page ${id}: ${middle(costs[id]).toFixed(2)} µs of CPU per request`)
console.log(`directly: ratio ${median.toFixed(3)} (quartiles ${q1.toFixed(3)} to ${q3.toFixed(3)})`)
console.log(
  `watching takes ${(watching * 1_000).toFixed(2)} ms of CPU per second, ${(share * 100).toFixed(2)}% of the ${(middle(busy) * 1_000).toFixed(0)} ms under load`,
)
if (values.check && share > bar) {
  console.error(`That is more than ${bar * 100}%.`)
  process.exitCode = 1
}

/** CPU of the server in s per s, without load, watched or not. */
async function rest(id) {
  const leave = id === 'open' ? watch() : () => {}
  await sleep(1_000)
  const [before, begun] = [(await ask('cpu')).cpu, performance.now()]
  await sleep(seconds * 1_000)
  const used = ((await ask('cpu')).cpu - before) / 1e6 / ((performance.now() - begun) / 1_000)
  leave()
  return used
}

/** CPU of one slice under load, per request in µs and in s per s, with or without one watching browser. */
async function slice(id) {
  const leave = id === 'open' ? watch() : () => {}
  await load(url, 1)
  const [before, begun] = [(await ask('cpu')).cpu, performance.now()]
  const { requests } = await load(url, seconds)
  const used = (await ask('cpu')).cpu - before
  leave()
  return { cpu: used, requests, share: used / 1_000 / (performance.now() - begun) }
}

/** Sends as many requests as the server can answer, for this many seconds. Resolves with their number. */
async function load(to, length) {
  const { stdout } = await promisify(execFile)('wrk', ['-t1', '-c32', `-d${length}s`, to])
  const failed = /^.*(?:Non-2xx|Socket errors).*$/m.exec(stdout)
  if (failed) throw new Error(`wrk: ${failed[0].trim()}`)
  return { requests: Number(/(\d+) requests in/.exec(stdout)[1]) }
}

/** The requests of an open page: the stream, and both tables every 5 s, the first time at once. */
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

/** An idle connection that has had a response. */
function open() {
  return new Promise((done, failed) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: bench\r\n\r\n'))
    socket.on('error', failed).once('data', () => done(socket))
  })
}
