// The client closes straight after the answer: every request pays for a new connection.
import { dial } from './dial.mjs'
import { listen } from './server.mjs'

const { server, port, closed } = await listen({})
const client = await dial(port)
await client.get()
client.end()
await Promise.all([client.until('close'), closed])
client.print()
server.close()
