// One client in a process of its own: node client.mjs CLIENT PORT [tracked]
import { serveParent } from '../child.mjs'
import { clients } from './clients.mjs'

/** Requests under way at once. */
const concurrency = 8

const [, , id, port, tracked] = process.argv
if (tracked) {
  const { trackOutgoing } = await import('keepalive-kit/outgoing')
  trackOutgoing()
}
const send = clients[id].make(`http://127.0.0.1:${port}/`)

let count = 0
let end = 0

async function lane() {
  while (performance.now() < end) {
    await send()
    count++
  }
}

async function run(time) {
  end = performance.now() + time
  await Promise.all(Array.from({ length: concurrency }, lane))
}

serveParent('ready', async (time) => {
  const [before, start] = [process.cpuUsage(), count]
  await run(time)
  const { user, system } = process.cpuUsage(before)
  return { cpu: user + system, requests: count - start }
})
