import { chmodSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Hello, Update } from '../../src/dashboard/messages.ts'
import { ask, type Viewer, watch } from '../support/page.ts'
import { Program, type ProgramOptions, temporaryFolder } from '../support/program.ts'
import { freePort } from '../support/proxies.ts'
import { RawClient } from '../support/raw.ts'
import { eventually } from '../support/within.ts'

const built = join(import.meta.dirname, '../../dist')

/** A cluster of three workers, each with the page at /keepalive. */
const clustered = (worker = ''): string => `
  const cluster = require('node:cluster')
  if (cluster.isPrimary) {
    for (let i = 0; i < 3; i++) cluster.fork()
    cluster.on('message', (_worker, message) => console.log('primary got', message))
    cluster.on('exit', (worker) => console.log('exit of ' + worker.process.pid))
    process.on('SIGUSR2', () => cluster.fork())
    process.on('SIGTERM', () => cluster.disconnect(() => { console.log('all are gone'); process.exit(0) }))
  } else {
    const { createServer } = require('node:http')
    const { keepAlive } = require(${JSON.stringify(join(built, 'index.cjs'))})
    const { dashboard } = require(${JSON.stringify(join(built, 'dashboard.cjs'))})
    const connections = keepAlive()
    const page = dashboard(connections, { path: '/keepalive', authorize: (req) => req.headers['x-token'] !== 'wrong' })
    process.on('message', (message) => console.log('worker got', message))
    const server = createServer((req, res) => page(req, res, () => {
      if (req.url === '/block') { const end = Date.now() + 8_000; while (Date.now() < end); }
      res.end(String(process.pid))
    }))
    connections.attach(server)
    ${worker}
    server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port))
  }`

/** Such a cluster with a folder for temporary files of its own. */
async function start(
  options: ProgramOptions & { readonly worker?: string; readonly temporary?: string } = {},
): Promise<{ program: Program; port: number; sockets: () => string[] }> {
  const { worker, temporary = temporaryFolder(), ...others } = options
  const env = { TMPDIR: temporary, ...others.env }
  const program = new Program(clustered(worker), { preload: 'plain', ...others, env })
  const [port] = await program.says(/^port (\d+)$/m, 3)
  const folder = join(temporary, `keepalive-kit-${process.getuid!()}`)
  return { program, port: Number(port![1]), sockets: () => readdirSync(folder) }
}

/** So many requests on one connection. */
async function load(port: number, requests: number): Promise<number> {
  const client = await RawClient.open({ port })
  let pid = 0
  for (let i = 0; i < requests; i++) pid = Number((await client.get()).body)
  return pid
}

const latest = ({ events }: Viewer): Update | undefined => {
  const last = events.at(-1)
  return last && ((last.name === 'hello' ? (last.data as { update: Update }).update : last.data) as Update)
}

test('the page has the sums of all workers, whichever serves it, and the connections of each', async () => {
  const { program, port, sockets } = await start()
  // A cluster hands connections out in turn.
  const pids = [await load(port, 2), await load(port, 4), await load(port, 6)]
  expect(new Set(pids).size).toBe(3)
  const viewers = [await watch(port, '/keepalive/stream'), await watch(port, '/keepalive/stream')]
  for (const viewer of viewers) {
    await eventually(() => viewer.events.length > 0, 'the first event')
    const { name, data } = viewer.events[0]!
    expect(name).toBe('hello')
    const { update, pid } = data as { update: Update; pid: number }
    expect(pids).toContain(pid)
    expect(update.summary).toMatchObject({ processes: 3, requests: { total: 12, reused: 9 } })
    expect(update.workers!.rows.map((row) => [row.pid, row.requests])).toEqual(
      [2, 4, 6].map((requests, i) => [pids[i], requests]).toSorted(byWorker(update)),
    )
    expect(update.workers).not.toHaveProperty('why')
  }
  expect(new Set(viewers.map(({ events }) => (events[0]!.data as { pid: number }).pid)).size).toBe(2)
  // The course over time, too, is that of all: as it goes on, and for whoever comes later.
  const sampled = (viewer: Viewer): number =>
    viewer.events.reduce((sum, { data }) => sum + ((data as Update).sample?.requests ?? 0), 0)
  const begun = ({ events }: Viewer): number =>
    (events[0]!.data as Hello).history[0]!.reduce((sum, { requests }) => sum + requests, 0)
  await eventually(
    () => viewers.every((viewer) => begun(viewer) + sampled(viewer) === 12),
    'the samples',
    12_000,
  )
  for (let i = 0; i < 3; i++) {
    const late = await watch(port, '/keepalive/stream')
    await eventually(() => late.events.length > 0, 'the first event')
    expect(begun(late)).toBe(12)
    late.leave()
  }
  const { snapshot } = JSON.parse((await ask(port, '/keepalive/report.json')).body)
  expect(snapshot.processes).toBe(3)
  for (const [i, pid] of pids.entries()) {
    const live = JSON.parse((await ask(port, `/keepalive/connections.json?sort=requests&worker=${pid}`)).body)
    const { id, requests } = live.rows.find((row: { page: boolean }) => !row.page)
    expect(requests).toBe(2 * (i + 1))
    const { lines } = JSON.parse((await ask(port, `/keepalive/timeline.json?id=${id}&worker=${pid}`)).body)
    expect(lines.filter((text: string) => text.includes('request'))).toHaveLength(requests)
  }
  // Nobody but the page asks, by whatever name.
  for (const worker of ['1', 'x', '-1', '..%2F..%2Fx', '1e99'])
    expect((await ask(port, `/keepalive/connections.json?worker=${worker}`)).status).toBe(503)
  const wrong = { headers: { 'X-Token': 'wrong' } }
  for (const name of ['stream', 'clients.json', `connections.json?worker=${pids[0]}`])
    expect((await ask(port, `/keepalive/${name}`, wrong)).status).toBe(403)
  expect(sockets()).toHaveLength(3)
  for (const viewer of viewers) viewer.leave()
  program.kill('SIGTERM')
  expect(await program.end()).toMatchObject({ code: 0, errors: '', out: expect.not.stringContaining('got') })
  expect(sockets()).toEqual([])
})

/** Workers are in the order in which they began. */
const byWorker =
  ({ workers }: Update) =>
  ([a]: (number | undefined)[], [b]: (number | undefined)[]): number =>
    workers!.rows.findIndex(({ pid }) => pid === a) - workers!.rows.findIndex(({ pid }) => pid === b)

test('a worker that was killed counts no more, and another takes its place', async () => {
  const { program, port, sockets } = await start()
  const viewer = await watch(port, '/keepalive/stream')
  await eventually(() => latest(viewer)?.workers?.rows.length === 3, 'three workers')
  const { pid } = viewer.events[0]!.data as { pid: number }
  const [victim] = latest(viewer)!.workers!.rows.filter((row) => row.pid !== pid)
  process.kill(victim!.pid, 'SIGKILL')
  await eventually(() => latest(viewer)?.workers?.rows.length === 2, 'two workers')
  program.kill('SIGUSR2')
  await eventually(() => latest(viewer)?.workers?.rows.length === 3, 'three workers again', 8_000)
  expect(latest(viewer)!.workers!.rows.map((row) => row.pid)).not.toContain(victim!.pid)
  expect(sockets().filter((name) => name.endsWith(`-${victim!.pid}`))).toEqual([])
  expect(sockets()).toHaveLength(3)
})

test('a busy worker holds nobody up, and its last numbers stay in the sums', async () => {
  const { port } = await start()
  const viewer = await watch(port, '/keepalive/stream')
  await eventually(() => viewer.events.length > 1, 'the stream')
  const { pid } = viewer.events[0]!.data as { pid: number }
  const others = latest(viewer)!.workers!.rows.filter((row) => row.pid !== pid)
  // The one that gets the next connection, which is not the one that serves the page.
  const client = await RawClient.open({ port })
  const busy = Number((await client.get()).body)
  expect(others.map((row) => row.pid)).toContain(busy)
  await eventually(() => latest(viewer)!.summary.requests.total === 1, 'its request')
  client.write('GET /block HTTP/1.1\r\nHost: test\r\n\r\n')
  const before = viewer.events.length
  await eventually(() => viewer.events.length >= before + 3, 'three updates meanwhile')
  expect(latest(viewer)!.workers!.rows.find((row) => row.pid === busy)!.age).toBeGreaterThan(1_000)
  expect(latest(viewer)!.summary.requests.total).toBe(1)
  expect((await ask(port, `/keepalive/connections.json?worker=${busy}`)).status).toBe(503)
})

test('without a folder that is safe each worker has its own numbers, and says why', async () => {
  const temporary = temporaryFolder()
  const folder = join(temporary, `keepalive-kit-${process.getuid!()}`)
  mkdirSync(folder)
  // Anybody could put a socket there.
  chmodSync(folder, 0o777)
  const { program, port } = await start({ temporary })
  const viewer = await watch(port, '/keepalive/stream')
  await eventually(() => latest(viewer) !== undefined, 'the first event')
  const { workers, summary } = latest(viewer)!
  expect(workers!.rows).toHaveLength(1)
  expect(workers!.why).toBe(`${folder} is not a folder of this user alone`)
  expect(summary.processes).toBe(1)
  expect((await ask(port, '/keepalive/connections.json?worker=1')).status).toBe(200)
  viewer.leave()
  program.kill('SIGTERM')
  expect(await program.end()).toMatchObject({ code: 0, errors: '' })
})

test('the page of keepalive-kit/register has the sums of all workers, on the port of one', async () => {
  const text = `
    const cluster = require('node:cluster')
    const { createServer } = require('node:http')
    if (cluster.isPrimary) for (let i = 0; i < 2; i++) cluster.fork()
    else createServer((_req, res) => res.end('hello')).listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port) })`
  const free = await freePort()
  const program = new Program(text, {
    kit: { DASHBOARD_PORT: String(free) },
    env: { TMPDIR: temporaryFolder() },
  })
  const [port] = await program.says(/^port (\d+)$/m, 2)
  await program.says(/possibly by another worker/)
  for (let i = 0; i < 2; i++) await load(Number(port![1]), 3)
  const viewer = await watch(free, '/stream')
  await eventually(() => latest(viewer)?.summary.requests.total === 6, 'the sums')
  expect(latest(viewer)!.workers!.rows.map(({ requests }) => requests)).toEqual([3, 3])
})
