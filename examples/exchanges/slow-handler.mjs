// A handler that takes long. TCP probes the silent connection; for HTTP nothing happens, and no idle timer runs.
import { setTimeout as sleep } from 'node:timers/promises'
import { dial } from './dial.mjs'
import { listen } from './server.mjs'

const slow = async (_req, res) => {
  await sleep(Number(process.env.TAKES ?? 2_500))
  res.send('ok\n')
}
// Longer than the idle timeout and its buffer, so that a timer that ran would close.
const { server, port, closed } = await listen({ keepAliveTimeout: 500, tcpKeepAlive: 1_000 }, slow)
const client = await dial(port)
client.socket.setKeepAlive(true, 1_000)
await client.get()
client.end()
await Promise.all([client.until('close'), closed])
client.print()
server.close()
