// One subject in its own process: node server.mjs ID
import { serveParent } from '../child.mjs'
import { answered, makeServer } from './subjects.mjs'

const server = await makeServer(process.argv[2])
// Node's 5 s would end while other subjects take their turn.
server.keepAliveTimeout = 65_000

await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
serveParent(server.address().port, () => {
  const { user, system } = process.cpuUsage()
  return { cpu: user + system, requests: answered() }
})
