import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClosedConnection } from '../../closed.ts'
import { connectionOf } from '../../connection/info.ts'
import { keepAlive } from '../../keep-alive.ts'
import { closedLine } from '../../reporters/closed-line.ts'
import { manners } from './clients.ts'
import { pageDemo } from './page.ts'
import { paint } from './paint.ts'
import { ClientReport } from './report.ts'

/** The longest that the demo waits for its last connections, in ms. */
const longest = 15_000

/** Runs the demo. Resolves with the exit code: 1 where a package that it needs is missing, 2 for other arguments. */
export async function demo(args: readonly string[]): Promise<number> {
  if (args.length === 1 && args[0] === '--page') return pageDemo()
  if (args.length > 0) {
    console.error('keepalive-kit demo takes --page or nothing')
    return 2
  }
  const packages = await load()
  if (!packages) return 1
  const { express, undici } = packages
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
  console.log(
    `${manners.length} clients of different manners call it. A line for each connection as it closes:\n`,
  )
  await Promise.all(manners.map(({ name, run }) => run({ port, name, undici })))
  const deadline = performance.now() + longest
  while (connections.snapshot().connections.open > 0 && performance.now() < deadline) await sleep(50)
  server.close()
  server.closeAllConnections()

  for (const line of report.lines(manners.map(({ name }) => name))) console.log(line)
  return 0
}

async function load(): Promise<
  { express: typeof import('express'); undici: typeof import('undici') } | undefined
> {
  try {
    const [{ default: express }, undici] = await Promise.all([import('express'), import('undici')])
    return { express, undici }
  } catch {
    console.error('The demo needs two more packages: npm install express undici')
    return undefined
  }
}
