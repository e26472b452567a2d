import { describe, expect, test } from 'vitest'
import { Program } from '../support/program.ts'
import { RawClient } from '../support/raw.ts'
import { sleep, within } from '../support/within.ts'

/** A primary with two workers, whose answers take a while. */
const clustered = (primary: string, worker = '', delay = '20 + 30 * Math.random()'): string => `
  const cluster = require('node:cluster')
  const { createServer } = require('node:http')
  if (cluster.isPrimary) {
    cluster.fork()
    cluster.fork()
    cluster.on('exit', (worker, code, signal) => console.log('exit of ' + worker.id + ': ' + (signal ?? code)))
    ${primary}
  } else {
    const server = createServer((req, res) => setTimeout(() => res.end('hello'), ${delay}))
    ${worker}
    server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port))
  }`

/** How long the main process may take to hear of a worker or a thread that has a server, in ms: it loads the kit meanwhile. */
const heard = 500

/** A client that asks again and again on one connection, and opens no other once it is told that its last is over. */
async function load(port: number): Promise<{ answered: number; lost: number }> {
  const client = await RawClient.open({ port })
  let answered = 0
  const ended = client.end(10_000).then(() => Promise.reject(new Error('the end of the connection')))
  ended.catch(() => {})
  try {
    for (;;) {
      const { headers, body } = await Promise.race([client.get(), ended])
      if (body !== 'hello') return { answered, lost: 1 }
      answered++
      if (headers.connection === 'close') return { answered, lost: 0 }
    }
  } catch {
    return { answered, lost: 1 }
  } finally {
    client.close()
  }
}

interface Drained {
  readonly program: Program
  readonly lost: number
  readonly answered: number
}

/** A cluster under load that gets a signal: what became of the requests. */
async function terminated(
  text: string,
  signal: NodeJS.Signals,
  preload: 'plain' | '--import' = '--import',
): Promise<Drained> {
  const program = new Program(text, { preload, kit: { DRAIN: '8s' } })
  const [port] = await program.says(/^port (\d+)$/m, 2)
  const clients = Array.from({ length: 20 }, () => load(Number(port![1])))
  await sleep(heard)
  program.kill(signal)
  const results = await within(10_000, 'the last answers', Promise.all(clients))
  return {
    program,
    lost: results.reduce((sum, { lost }) => sum + lost, 0),
    answered: results.reduce((sum, { answered }) => sum + answered, 0),
  }
}

describe('SIGTERM to the primary under load', () => {
  test('loses requests without the kit', async () => {
    const { lost } = await terminated(clustered(''), 'SIGTERM', 'plain')
    expect(lost).toBeGreaterThan(0)
  })

  test('loses none, and ends all as the signal would have', async () => {
    const { program, lost, answered } = await terminated(clustered(''), 'SIGTERM')
    expect(lost).toBe(0)
    expect(answered).toBeGreaterThan(20)
    expect(await program.end()).toMatchObject({
      code: null,
      signal: 'SIGTERM',
      errors: '',
      out: expect.not.stringContaining('exit of'),
    })
  })

  test.each([
    ['exits at once', 'process.exit(5)', []],
    [
      'kills the workers and waits for them',
      `let alive = 2
       cluster.on('exit', () => { if (--alive === 0) process.exit(5) })
       for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM')`,
      ['worker SIGTERM 15', 'worker SIGTERM 15'],
    ],
    ['disconnects them', 'cluster.disconnect(() => process.exit(5))', []],
    [
      'tells them by a message',
      `let alive = 2
       cluster.on('exit', () => { if (--alive === 0) process.exit(5) })
       for (const worker of Object.values(cluster.workers)) worker.send('end')`,
      ['worker got end', 'worker got end'],
    ],
  ])('loses none where the primary %s', async (_name, act, said) => {
    const { program, lost } = await terminated(
      clustered(
        `process.on('SIGTERM', (...args) => { console.log('primary', ...args); ${act} })
         cluster.on('message', (worker, message) => console.log('primary got', message))
         cluster.on('exit', (worker) => { if (!worker.exitedAfterDisconnect) console.log('another is due') })`,
        `process.on('SIGTERM', (...args) => { console.log('worker', ...args); process.exit() })
         process.on('message', (message) => { console.log('worker got', message); process.exit() })`,
      ),
      'SIGTERM',
    )
    expect(lost).toBe(0)
    const { code, out, errors } = await program.end()
    expect({ code, errors }).toEqual({ code: 5, errors: '' })
    const told = out.slice(out.indexOf('primary SIGTERM 15'))
    expect(told.match(/^(?:worker|primary) (?:SIGTERM|got).*$/gm)).toEqual(['primary SIGTERM 15', ...said])
    expect(out.slice(0, out.indexOf('primary'))).not.toContain('exit of')
  })
})

/** Sends a signal to each process, as systemd does, and a terminal. */
async function signalAll(program: Program, signal: NodeJS.Signals): Promise<void> {
  const pids = (await program.says(/^pid (\d+)$/m, 2)).map(([, pid]) => Number(pid))
  for (const pid of [...pids, program.child.pid!]) process.kill(pid, signal)
}

test('SIGTERM to every process loses nothing, and no worker that the app forks takes a request', async () => {
  // One worker is done long before the other.
  const text = clustered(
    "cluster.on('exit', () => cluster.fork())",
    "console.log('pid ' + process.pid)",
    'cluster.worker.id === 2 ? 1_000 : 20',
  )
  const program = new Program(text, { kit: { DRAIN: '8s' } })
  const [port] = await program.says(/^port (\d+)$/m, 2)
  const clients = Array.from({ length: 20 }, () => load(Number(port![1])))
  await sleep(200)
  await signalAll(program, 'SIGTERM')
  const results = await within(10_000, 'the last answers', Promise.all(clients))
  expect(results.map(({ lost }) => lost)).toEqual(results.map(() => 0))
  const { out, signal } = await program.end()
  expect(signal).toBe('SIGTERM')
  expect(out.match(/^port /gm)).toHaveLength(2)
})

test('SIGINT of a terminal reaches every process, and drains each once', async () => {
  const text = clustered(
    "process.on('SIGINT', () => { console.log('primary told'); setTimeout(() => process.exit(0), 300) })",
    "console.log('pid ' + process.pid); process.on('SIGINT', () => { console.log('worker told'); process.exit(0) })",
  )
  const program = new Program(text, { kit: { DRAIN: '8s' } })
  const [port] = await program.says(/^port (\d+)$/m, 2)
  const clients = Array.from({ length: 10 }, () => load(Number(port![1])))
  await sleep(200)
  await signalAll(program, 'SIGINT')
  const results = await Promise.all(clients)
  expect(results.map(({ lost }) => lost)).toEqual(results.map(() => 0))
  const { out, code } = await program.end()
  expect(code).toBe(0)
  expect(out.match(/worker told/g)).toHaveLength(2)
  expect(out.match(/primary told/g)).toHaveLength(1)
})

test('workers that have a port of their own drain by the word of the primary, too', async () => {
  const text = `
    const cluster = require('node:cluster')
    cluster.schedulingPolicy = cluster.SCHED_NONE
    const { createServer } = require('node:http')
    if (cluster.isPrimary) { cluster.fork(); cluster.fork() }
    else {
      const server = createServer((req, res) => setTimeout(() => res.end('hello'), 100))
      server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => console.log('port ' + server.address().port))
    }`
  const program = new Program(text, { kit: { DRAIN: '8s' } })
  const ports = (await program.says(/^port (\d+)$/m, 2)).map(([, port]) => Number(port))
  const clients = ports.map(load)
  await sleep(heard)
  program.kill('SIGTERM')
  const results = await within(10_000, 'the last answers', Promise.all(clients))
  expect(results.map(({ lost }) => lost)).toEqual([0, 0])
  expect(await program.end()).toMatchObject({ signal: 'SIGTERM', errors: '' })
})

test('a worker that gets the signal alone drains alone', async () => {
  const text = clustered('', "console.log('pid ' + process.pid)")
  const program = new Program(text, { kit: { DRAIN: '8s' } })
  await program.says(/^port (\d+)$/m, 2)
  const pids = (await program.says(/^pid (\d+)$/m, 2)).map(([, pid]) => Number(pid))
  process.kill(pids[0]!, 'SIGTERM')
  await program.says(/exit of \d: SIGTERM/)
  await sleep(100)
  expect(program.child.exitCode).toBe(null)
  process.kill(pids[1]!, 0)
  program.kill('SIGTERM')
  await program.end()
})

test('worker threads drain with the main thread', async () => {
  const thread = `
    const { createServer } = require('node:http')
    const server = createServer((req, res) => setTimeout(() => res.end('hello'), 20 + 30 * Math.random()))
    server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port))`
  const text = `
    const { Worker } = require('node:worker_threads')
    for (let i = 0; i < 2; i++)
      new Worker(${JSON.stringify(thread)}, { eval: true }).on('exit', () => console.log('thread ended'))
    process.on('SIGTERM', () => { console.log('told'); process.exit(3) })`
  const program = new Program(text, { preload: '--require', kit: { DRAIN: '8s' } })
  const ports = (await program.says(/^port (\d+)$/m, 2)).map(([, port]) => Number(port))
  const clients = Array.from({ length: 10 }, (_, i) => load(ports[i % 2]!))
  await sleep(heard)
  program.kill('SIGTERM')
  const results = await within(10_000, 'the last answers', Promise.all(clients))
  expect(results.map(({ lost }) => lost)).toEqual(results.map(() => 0))
  const { out, code } = await program.end()
  expect(code).toBe(3)
  expect(out).not.toContain('thread ended')
})

test('a thread that gets its first server during the drain drains too', async () => {
  const first = `
    require('node:http').createServer((req, res) => {
      console.log('under way')
      require('node:worker_threads').parentPort.once('message', () => setTimeout(() => res.end('hello'), 1_000))
    }).listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port) })`
  const second = `
    require('node:http').createServer().listen(0, '127.0.0.1', () => console.log('late'))`
  const text = `
    const { Worker } = require('node:worker_threads')
    const worker = new Worker(${JSON.stringify(first)}, { eval: true })
    process.on('SIGUSR2', () => {
      new Worker(${JSON.stringify(second)}, { eval: true })
      worker.postMessage('answer')
    })
    process.on('SIGTERM', () => { console.log('told'); process.exit(3) })`
  const program = new Program(text, { preload: '--require', kit: { DRAIN: '30s' } })
  const client = await RawClient.open({ port: await program.port() })
  client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  await program.says(/under way/)
  await sleep(heard)
  program.kill('SIGTERM')
  await sleep(200)
  program.kill('SIGUSR2')
  await program.says(/late/)
  expect(await program.end(8_000)).toMatchObject({ code: 3, errors: '' })
  client.close()
})

test('a thread that was terminated delays no end', async () => {
  const thread = `
    const { createServer } = require('node:http')
    createServer(() => {}).listen(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage('up'))`
  const text = `
    const { Worker } = require('node:worker_threads')
    const worker = new Worker(${JSON.stringify(thread)}, { eval: true })
    worker.on('message', () => setTimeout(() => worker.terminate(), 50))
    worker.on('exit', () => { console.log('terminated'); setTimeout(() => {}, 60_000) })`
  const program = new Program(text, { preload: '--require', kit: { DRAIN: '30s' } })
  await program.says(/terminated/)
  program.kill('SIGTERM')
  expect(await program.end(5_000)).toMatchObject({ signal: 'SIGTERM', errors: '' })
})

test('nor does one that is terminated while it drains', async () => {
  const thread = `
    const { createServer } = require('node:http')
    createServer((req, res) => { res.write('never ends'); console.log('under way') })
      .listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port) })`
  const text = `
    const { Worker } = require('node:worker_threads')
    const worker = new Worker(${JSON.stringify(thread)}, { eval: true })
    process.on('SIGTERM', () => { console.log('told'); process.exit(3) })
    process.on('SIGUSR2', () => worker.terminate())`
  const program = new Program(text, { preload: '--require', kit: { DRAIN: '30s' } })
  const client = await RawClient.open({ port: await program.port() })
  client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  await program.says(/under way/)
  await sleep(heard)
  program.kill('SIGTERM')
  // By then the thread has answered that it drains.
  await sleep(1_500)
  expect(program.out).not.toContain('told')
  program.kill('SIGUSR2')
  const { out, code, errors } = await program.end(5_000)
  expect({ told: out.includes('told'), code, errors }).toEqual({ told: true, code: 3, errors: '' })
  client.close()
})

/** As Nitro's primary: another worker for each that ends, until the app gets the signal; then it waits for all. */
const replacing = `
  const cluster = require('node:cluster')
  const { createServer } = require('node:http')
  if (cluster.isPrimary) {
    let forks = 0
    let isEnding = false
    const fork = (late) => cluster.fork({ LATE: late, FORK: String(++forks) })
    fork('')
    fork('yes')
    cluster.on('exit', () => isEnding || fork(''))
    process.once('SIGTERM', () => {
      isEnding = true
      const end = (how) => {
        console.log(how + ', forks ' + forks)
        process.exit(0)
      }
      setTimeout(() => end('timeout'), 3000)
      cluster.on('exit', () => {
        if (Object.values(cluster.workers).every((worker) => worker.isDead())) end('all have ended')
      })
    })
  } else if (process.env.LATE) {
    setInterval(() => {}, 1000)
    console.log('late')
  } else {
    const server = createServer((req, res) => res.end('hello'))
    process.once('SIGTERM', () => server.close(() => process.exit(0)))
    server.listen(0, '127.0.0.1', () => console.log('port'))
  }`

test.each(['plain', '--import'] as const)(
  'a signal to the whole group, with a worker that has no server yet, ends as without the kit: %s',
  async (preload) => {
    const program = new Program(replacing, { preload, kit: { DRAIN: '8s' }, ownGroup: true })
    await program.says(/^late$/m)
    await program.says(/^port$/m)
    await sleep(heard)
    program.killGroup('SIGTERM')
    const { out } = await program.end()
    expect(out).toContain('all have ended, forks 2')
  },
)
