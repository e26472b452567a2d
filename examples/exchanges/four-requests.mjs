// Four requests in a row on one connection: one handshake.
import { setTimeout as sleep } from 'node:timers/promises'
import { dial } from './dial.mjs'
import { listen } from './server.mjs'

const { server, port, closed } = await listen({})
const client = await dial(port)
for (let i = 0; i < 4; i++) {
  await client.get()
  await sleep(100)
}
client.end()
await Promise.all([client.until('close'), closed])
client.print()
server.close()
