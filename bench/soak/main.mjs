// npm run soak: a bounded run that mixes all ways in which connections end, and checks the heap and the sums.
// --connections 200000 --requests 2000000 --at-once 200
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { behaviours, flood } from './behaviours.mjs'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '200000' },
    requests: { type: 'string', default: '2000000' },
    'at-once': { type: 'string', default: '200' },
  },
})
const target = { connections: Number(values.connections), requests: Number(values.requests) }
const atOnce = Number(values['at-once'])

/** By which share the heap may grow from the warm-up to the end. */
const mostGrowth = 0.05

const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), { execArgv: ['--expose-gc'] })
const ask = (message) =>
  new Promise((done, failed) => {
    child.once('message', done)
    child.once('exit', (code) => failed(new Error(`the server ended with ${code}`)))
    if (message) child.send(message)
  })

const { port } = await ask()
const hundred = behaviours.flatMap((behaviour) => Array(behaviour.weight).fill(behaviour))

/** Runs connections, this many at once, until both numbers are reached. */
async function soak({ connections, requests }) {
  let opened = 0
  let sent = 0
  const lane = async () => {
    while (opened < connections || sent < requests) {
      // A stride without a common factor with 100 mixes the behaviors, in the same way in every run.
      const behaviour = hundred[(opened++ * 37) % hundred.length]
      sent += behaviour.requests
      await behaviour.run(port)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

const begun = performance.now()
await soak({ connections: Math.max(10_000, target.connections / 10), requests: target.requests / 10 })
await flood(port, 600)
const warm = await ask('heap')
await soak(target)
await flood(port, 600)
const end = await ask('heap')
const drained = await ask('drain')
child.kill()

const failures = []
const check = (holds, what) => holds || failures.push(what)
const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0)
const { connections, requests, histograms } = end.snapshot
const growth = end.heap / warm.heap - 1
check(connections.open === 0 && drained.left === 0, 'connections are left')
check(connections.opened === connections.closed, 'opened is not closed')
check(histograms.age.count === connections.closed, 'not every age was counted')
check(histograms.requestsPerConnection.sum === requests.total, 'requests are not the sum over connections')
check(sum(connections.reasons) === connections.closed, 'the reasons do not sum to closed')
check(sum(connections.closedBy) === connections.closed, 'the sides do not sum to closed')
check(growth <= mostGrowth, `the heap has grown by ${(growth * 100).toFixed(1)}%`)
for (const { reason } of [...behaviours, { reason: 'evicted' }])
  check(connections.reasons[reason] > 0, `no connection ended with ${reason}`)

console.log(
  `${connections.closed} connections, ${requests.total} requests in ${((performance.now() - begun) / 1000).toFixed(0)} s`,
)
console.log(
  `heap ${(warm.heap / 1e6).toFixed(2)} MB after the warm-up, ${(end.heap / 1e6).toFixed(2)} MB at the end: ${(growth * 100).toFixed(1)}%`,
)
console.log(connections.reasons)
console.log(requests)
for (const failure of failures) console.error(failure)
process.exitCode = failures.length > 0 ? 1 : 0
