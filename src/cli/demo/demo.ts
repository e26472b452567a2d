import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClosedConnection } from '../../closed.ts'
import { connectionOf } from '../../connection/info.ts'
import { keepAlive } from '../../keep-alive.ts'
import { drawCap } from '../../policy/jitter.ts'
import { closedLine } from '../../reporters/closed-line.ts'
import { type Command, command } from '../command.ts'
import { Failure } from '../failure.ts'
import { lookOf } from '../look.ts'
import { cutTo } from '../text.ts'
import { help, readArguments } from './arguments.ts'
import { clientKinds } from './clients.ts'
import { pageDemo } from './page.ts'
import { ClientReport } from './report.ts'

/** The demo waits at most this long for its last connections, in ms. */
const longestWait = 15_000

/** The kit at work. */
export const demo: Command = command({
  name: 'demo',
  about: 'show the kit at work: an app, different kinds of clients, and what the kit reports',
  help,
  read: readArguments,
  run: ({ page }) => (page ? pageDemo() : clientsDemo()),
  failed: 1,
})

/** Lets clients call an app, and reports what they did. Resolves with the exit code. */
async function clientsDemo(): Promise<number> {
  const { express, undici } = await load()
  const look = lookOf(process.stdout)
  const report = new ClientReport()
  const connections = keepAlive({
    keepAliveTimeout: 4_000,
    maxRequests: 25,
    log(closed: ClosedConnection) {
      report.closed(closed)
      console.log(look.style('dim', cutTo(closedLine(closed, 'logfmt'), look.width)))
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

  const line = 'app.use(keepAlive({ keepAliveTimeout: 4_000, maxRequests: 25, log: true }))'
  console.log(`An Express app on 127.0.0.1:${port}, with one more line:\n`)
  console.log(`  ${look.style('bold', line)}\n`)
  console.log(`${clientKinds.length} kinds of clients call it. One line for each closed connection.`)
  const { maxRequests, jitter } = connections.policy
  const least = drawCap(maxRequests, jitter, () => 0)
  console.log(
    `Each connection draws its own cap, from ${least} to ${maxRequests} requests (option jitter):\n`,
  )
  await Promise.all(clientKinds.map(({ name, run }) => run({ port, name, undici })))
  const deadline = performance.now() + longestWait
  while (connections.snapshot().connections.open > 0 && performance.now() < deadline) await sleep(50)
  server.close()
  server.closeAllConnections()

  for (const line of report.lines(
    clientKinds.map(({ name }) => name),
    look,
  ))
    console.log(line)
  return 0
}

async function load(): Promise<{ express: typeof import('express'); undici: typeof import('undici') }> {
  try {
    const [{ default: express }, undici] = await Promise.all([import('express'), import('undici')])
    return { express, undici }
  } catch {
    throw new Failure('the demo needs express and undici', 'run npm install express undici')
  }
}
