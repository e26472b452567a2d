// The server dies while a request waits for its answer: the client gets a reset.
import { setTimeout as sleep } from 'node:timers/promises'
import { dial } from './dial.mjs'
import { listen } from './server.mjs'

const die = async (req) => {
  await sleep(300)
  // What the system does to the sockets of a process that is gone with something left unread.
  req.socket.resetAndDestroy()
}
const { server, port, closed } = await listen({}, die)
const client = await dial(port)
client.send()
await Promise.all([client.until('close'), closed])
client.print()
server.close()
