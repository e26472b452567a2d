import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClosedConnection } from '../../closed.ts'
import { connectionOf } from '../../connection/info.ts'
import { keepAlive } from '../../keep-alive.ts'
import { closedLine } from '../../reporters/closed-line.ts'
import { Failure } from '../failure.ts'
import { type Verb, verb } from '../verb.ts'
import { help, readArguments } from './arguments.ts'
import { clientKinds } from './clients.ts'
import { pageDemo } from './page.ts'
import { paint } from './paint.ts'
import { ClientReport } from './report.ts'

/** The longest that the demo waits for its last connections, in ms. */
const longest = 15_000

/** The kit at work. */
export const demo: Verb = verb({
  name: 'demo',
  about:
    'an app on loopback, different kinds of clients, and what the kit reports about them; --page: live, as a page',
  help,
  read: readArguments,
  run: ({ page }) => (page ? pageDemo() : clientsDemo()),
  failed: 1,
})

/** Clients that call an app, and a report of what they did. Resolves with the exit code. */
async function clientsDemo(): Promise<number> {
  const { express, undici } = await load()
  const report = new ClientReport()
  const connections = keepAlive({
    keepAliveTimeout: 4_000,
    maxRequests: 25,
    log(closed: ClosedConnection) {
      report.closed(closed)
      console.log(paint('dim', closedLine(closed, 'logfmt')))
    },
  })

  const app = express()
  app.use(connections)
  app.use((req, _res, next) => {
    report.saw(connectionOf(req)!.id, req.get('user-agent') ?? '')
    next()
  })
  app.get('/', (_req, res) => {
    res.send('hello\n')
  })
  const server = app.listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo

  console.log(`An Express app on 127.0.0.1:${port}, with one line more:\n`)
  console.log(
    `  ${paint('bold', 'app.use(keepAlive({ keepAliveTimeout: 4_000, maxRequests: 25, log: true }))')}\n`,
  )
  console.log(`${clientKinds.length} kinds of clients call it. A line for each connection as it closes:\n`)
  await Promise.all(clientKinds.map(({ name, run }) => run({ port, name, undici })))
  const deadline = performance.now() + longest
  while (connections.snapshot().connections.open > 0 && performance.now() < deadline) await sleep(50)
  server.close()
  server.closeAllConnections()

  for (const line of report.lines(clientKinds.map(({ name }) => name))) console.log(line)
  return 0
}

async function load(): Promise<{ express: typeof import('express'); undici: typeof import('undici') }> {
  try {
    const [{ default: express }, undici] = await Promise.all([import('express'), import('undici')])
    return { express, undici }
  } catch {
    throw new Failure('the demo needs two more packages', 'npm install express undici')
  }
}
