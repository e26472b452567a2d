import { describe, expect, test } from 'vitest'
import { Program } from '../support/program.ts'
import { RawClient } from '../support/raw.ts'
import { sleep, within } from '../support/within.ts'

/** A primary with two workers, whose answers take a while. */
const clustered = (primary: string, worker = ''): string => `
  const cluster = require('node:cluster')
  const { createServer } = require('node:http')
  if (cluster.isPrimary) {
    cluster.fork()
    cluster.fork()
    cluster.on('exit', (worker, code, signal) => console.log('exit of ' + worker.id + ': ' + (signal ?? code)))
    ${primary}
  } else {
    const server = createServer((req, res) => setTimeout(() => res.end('hello'), 20 + 30 * Math.random()))
    ${worker}
    server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port))
  }`

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
  await sleep(300)
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
    const end = await program.end()
    expect(end).toMatchObject({ code: null, signal: 'SIGTERM', errors: '' })
    expect(end.out.match(/exit of \d: SIGTERM/g)).toHaveLength(2)
  })

  test("calls the workers' listeners, then the primary's", async () => {
    const { program, lost } = await terminated(
      clustered(
        "process.on('SIGTERM', (...args) => { console.log('primary', ...args); process.exit(5) })",
        "process.on('SIGTERM', (...args) => { console.log('worker', ...args); server.close(() => process.exit(4)) })",
      ),
      'SIGTERM',
    )
    expect(lost).toBe(0)
    const { code, out } = await program.end()
    expect(code).toBe(5)
    expect(out.match(/worker SIGTERM 15/g)).toHaveLength(2)
    expect(out.match(/exit of \d: 4/g)).toHaveLength(2)
    expect(out.trimEnd().endsWith('primary SIGTERM 15')).toBe(true)
  })

  test.each([
    ['each', 'true'],
    ['each that did not end by itself', '!worker.exitedAfterDisconnect'],
  ])('and the workers that the app forks for %s take no requests', async (_name, condition) => {
    const { program, lost } = await terminated(
      clustered(`cluster.on('exit', (worker) => { if (${condition}) cluster.fork() })`),
      'SIGTERM',
    )
    expect(lost).toBe(0)
    const { out, signal } = await program.end()
    expect(signal).toBe('SIGTERM')
    expect(out.match(/^port /gm)).toHaveLength(2)
  })
})

test('SIGINT of a terminal reaches every process, and drains each once', async () => {
  const text = clustered(
    "process.on('SIGINT', () => { console.log('primary told'); process.exit(0) })",
    "console.log('pid ' + process.pid); process.on('SIGINT', () => { console.log('worker told'); process.exit(0) })",
  )
  const program = new Program(text, { kit: { DRAIN: '8s' } })
  const [port] = await program.says(/^port (\d+)$/m, 2)
  const pids = (await program.says(/^pid (\d+)$/m, 2)).map(([, pid]) => Number(pid))
  const clients = Array.from({ length: 10 }, () => load(Number(port![1])))
  await sleep(200)
  for (const pid of [...pids, program.child.pid!]) process.kill(pid, 'SIGINT')
  const results = await Promise.all(clients)
  expect(results.map(({ lost }) => lost)).toEqual(results.map(() => 0))
  const { out, code } = await program.end()
  expect(code).toBe(0)
  expect(out.match(/worker told/g)).toHaveLength(2)
  expect(out.match(/primary told/g)).toHaveLength(1)
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
  await sleep(200)
  program.kill('SIGTERM')
  const results = await within(10_000, 'the last answers', Promise.all(clients))
  expect(results.map(({ lost }) => lost)).toEqual(results.map(() => 0))
  const { out, code } = await program.end()
  expect(code).toBe(3)
  expect(out).not.toContain('thread ended')
})
