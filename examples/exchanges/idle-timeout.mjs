// The server closes an idle connection. A client that does not notice sends on, and gets a reset.
import { setTimeout as sleep } from 'node:timers/promises'
import { dial } from './dial.mjs'
import { listen } from './server.mjs'

const { server, port, closed } = await listen({ keepAliveTimeout: 500, linger: 300 })
const client = await dial(port)
await client.get()
await client.until('end')
await sleep(100)
client.send() // While the server lingers: counted as late.
await closed
// After that: the reset, which a socket that has read to its end sees at its next write.
while (!client.socket.destroyed) {
  client.send()
  await sleep(50)
}
client.print()
server.close()
