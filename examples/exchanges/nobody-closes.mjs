// Idle, and neither side closes: the connection is still there, and the kit tells its life so far.
import { setTimeout as sleep } from 'node:timers/promises'
import { timelineLines } from 'keepalive-kit'
import { dial } from './dial.mjs'
import { listen } from './server.mjs'

const { connections, port } = await listen({ keepAliveTimeout: 0 })
const client = await dial(port)
await client.get()
await sleep(2_000)
const [{ id, state, idle }] = connections.connections()
console.log(['', 'server:', ...timelineLines(connections.timeline(id))].join('\n'))
console.log(`state ${state} for ${Math.round(idle / 1_000)} s`)
client.print()
process.exit()
