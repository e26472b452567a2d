import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Program, temporaryFolder } from '../support/program.ts'
import { RawClient } from '../support/raw.ts'
import { listen, stop } from '../support/server.ts'
import { eventually } from '../support/within.ts'

const root = join(import.meta.dirname, '../..')

/** A program that asks itself, says what it got, and ends by itself. */
const selfish = `
  const { createServer, get } = require('node:http')
  const server = createServer((req, res) => res.end('hello'))
  process.on('exit', (code) => console.log('exit', code))
  server.listen(0, '127.0.0.1', () => get({ port: server.address().port, host: '127.0.0.1' }, (res) => {
    res.on('data', (bytes) => console.log(String(bytes)))
    res.on('end', () => server.close(() => { console.log('closed'); process.exitCode = 6 }))
  }))`

const waiting = `
  const { createServer } = require('node:http')
  createServer((req, res) => res.end('hello')).listen(0, '127.0.0.1', function () {
    console.log('port ' + this.address().port)
  })`

test('without a variable, and with KEEPALIVE_KIT=off, a program prints and ends as ever', async () => {
  const plain = await new Program(selfish, { preload: 'plain' }).end()
  expect(plain).toEqual({ code: 6, signal: null, out: 'hello\nclosed\nexit 6\n', errors: '' })
  for (const kit of [
    {},
    { '': 'off' },
    { '': 'off', NONSENSE: '1' },
    { BEHIND: '' },
    { '': '  ', DRAIN: ' ' },
  ])
    expect(await new Program(selfish, { kit }).end(), JSON.stringify(kit)).toEqual(plain)
})

test('KEEPALIVE_KIT=off attaches nothing', async () => {
  const text = `${waiting.replace("console.log('port", "setTimeout(() => { console.log(this.keepAliveTimeout); process.exit() }, 30); console.log('port")}`
  const bare = await new Program(text, { preload: 'plain' }).end()
  const off = await new Program(text, { kit: { '': 'off', KEEP_ALIVE_TIMEOUT: '30000' } }).end()
  const on = await new Program(text, { kit: { KEEP_ALIVE_TIMEOUT: '30000' } }).end()
  const timeouts = [bare, off, on].map(({ out }) => out.split('\n')[1])
  expect(timeouts).toEqual([timeouts[0], timeouts[0], '30000'])
})

describe('a mistake is told once, and nothing is attached', () => {
  test.each([
    [{ BEHIDN: 'nginx' }, /KEEPALIVE_KIT_BEHIDN is not a variable .* Use KEEPALIVE_KIT_BEHIND instead/],
    [{ BEHIND: 'aws-abl' }, /behind must be the id of a proxy in the table, got "aws-abl" .*'aws-alb'/],
    [
      { BEHIND: 'aws-alb', KEEP_ALIVE_TIMEOUT: '65' },
      /for 65 s, write keepAliveTimeout: 65000.* \(keepAliveTimeout is KEEPALIVE_KIT_KEEP_ALIVE_TIMEOUT\)$/m,
    ],
    [{ MAX_REQUESTS: 'ten' }, /KEEPALIVE_KIT_MAX_REQUESTS must be a whole number/],
    [{ JITTER: '10' }, /jitter must be a number from 0 to 1.* \(jitter is KEEPALIVE_KIT_JITTER\)$/m],
    [{ DRAIN: '-1' }, /KEEPALIVE_KIT_DRAIN must be a whole number of milliseconds/],
    [{ PORTS: '80a' }, /KEEPALIVE_KIT_PORTS must be a whole number from 1 to 65535/],
    [{ DASHBOARD_PORT: '0' }, /KEEPALIVE_KIT_DASHBOARD_PORT must be a whole number from 1 to 65535/],
    [{ '': 'of' }, /KEEPALIVE_KIT must be off or on/],
  ])('%j', async (kit, message) => {
    const end = await new Program(selfish, { kit }).end()
    expect(end).toMatchObject({ code: 6, out: 'hello\nclosed\nexit 6\n' })
    expect(end.errors).toMatch(message)
    expect(end.errors).toMatch(
      /^keepalive-kit: KeepAliveError: .* See keepalive-kit\/docs\/errors\/\w+\.md(?: \(\w+ is \w+\))?\n$/,
    )
  })

  test('once by each process that has a server, and not by its threads', async () => {
    const listening = `require('node:http').createServer().listen(0, '127.0.0.1')`
    const text = `
      const cluster = require('node:cluster')
      const { Worker } = require('node:worker_threads')
      if (cluster.isPrimary) { cluster.fork(); cluster.fork() }
      else {
        ${listening}
        ${listening}
        new Worker(${JSON.stringify(listening)}, { eval: true })
        setTimeout(() => process.exit(), 300)
      }`
    const { errors } = await new Program(text, { preload: '--require', kit: { BEHIDN: 'nginx' } }).end()
    expect(errors.match(/KEEPALIVE_KIT_BEHIDN/g)).toHaveLength(2)
  })

  test('and does not print what it was given by mistake', async () => {
    const { errors } = await new Program(selfish, { kit: { TOKEN: 'secret' } }).end()
    expect(errors).toContain('KEEPALIVE_KIT_TOKEN')
    expect(errors).not.toContain('secret')
  })
})

test.each<[string, string, Record<string, string>, boolean]>([
  ['no server', 'setTimeout(tell, 50)', { DRAIN: '5s' }, false],
  [
    'a server of node:net',
    "require('node:net').createServer().listen(0, '127.0.0.1', () => setTimeout(tell, 50))",
    {},
    false,
  ],
  [
    'KEEPALIVE_KIT=off',
    "require('node:http').createServer().listen(0, '127.0.0.1', () => setTimeout(tell, 50))",
    { '': 'off' },
    false,
  ],
  [
    'a server',
    "require('node:http').createServer().listen(0, '127.0.0.1', () => setTimeout(tell, 50))",
    {},
    true,
  ],
])('with %s, the kit is loaded where it has work', async (_name, act, kit, isLoaded) => {
  const text = `
    const tell = () => {
      console.log(JSON.stringify(Object.keys(require.cache).map((path) => path.split('/').at(-1))))
      process.exit()
    }
    ${act}`
  const { out } = await new Program(text, { preload: '--require', kit }).end()
  const loaded = JSON.parse(out) as string[]
  expect(loaded).toContain('register.cjs')
  expect(loaded.includes('kit.cjs')).toBe(isLoaded)
})

test.each([{ '': 'off', DRAIN: '5s' }, { '': ' OFF ', DRAIN: '5s' }, { DRAIN: ' ' }])(
  'without a drain, worker threads are left alone: %j',
  async (kit) => {
    const text = `
      const { Worker } = require('node:worker_threads')
      const worker = new Worker('', { eval: true })
      console.log(worker.listenerCount('exit'), Object.keys(require.cache).length)`
    const [kitted, drains] = await Promise.all([
      new Program(text, { preload: '--require', kit }).end(),
      new Program(text, { preload: '--require', kit: { DRAIN: '5s' } }).end(),
    ])
    expect([kitted.out[0], drains.out[0]]).toEqual(['0', '1'])
  },
)

test('variables that are set before the first server count, as by PM2 and .env files', async () => {
  const text = `process.env.KEEPALIVE_KIT_KEEP_ALIVE_TIMEOUT = '30s'; ${waiting}`
  const program = new Program(text)
  const client = await RawClient.open({ port: await program.port() })
  expect((await client.get()).headers['keep-alive']).toBe('timeout=30')
  client.close()
})

test('KEEPALIVE_KIT_LOG prints a line for each closed connection', async () => {
  const { out } = await new Program(selfish, { kit: { LOG: 'json', MAX_REQUESTS: '1' } }).end()
  expect(JSON.parse(out.split('\n').find((line) => line.startsWith('{'))!)).toMatchObject({
    requests: 1,
    reason: 'max-requests',
  })
})

test('KEEPALIVE_KIT_DRAIN in seconds is warned of at the start', async () => {
  const { errors } = await new Program(selfish, { kit: { DRAIN: '25', MAX_AGE: '600' } }).end()
  expect(errors).toMatch(
    /KEEPALIVE_SECONDS_MEANT.* KEEPALIVE_KIT_DRAIN is 25 ms, but seconds .* write KEEPALIVE_KIT_DRAIN=25s /,
  )
  expect(errors).toMatch(/ write KEEPALIVE_KIT_MAX_AGE=600s /)
})

test('KEEPALIVE_KIT_DRAIN in seconds is not warned of again at the signal', async () => {
  const program = new Program(waiting, { kit: { DRAIN: '25' } })
  await program.port()
  await eventually(() => program.errors.includes('SECONDS_MEANT'), 'the warning at the start')
  program.child.kill('SIGTERM')
  const { errors } = await program.end()
  expect(errors.match(/KEEPALIVE_SECONDS_MEANT\]/g)).toHaveLength(1)
})

describe('the page on a port of its own', () => {
  test('shows the app, for this machine alone, also behind a proxy', async () => {
    const port = await freePort()
    const program = new Program(waiting, { kit: { DASHBOARD_PORT: String(port), BEHIND: 'nginx' } })
    const client = await RawClient.open({ port: await program.port() })
    await client.get()
    const url = `http://127.0.0.1:${port}/`
    await eventuallyAnswers(url)
    expect(await (await fetch(url)).text()).toContain('<title>keep-alive</title>')
    const { rows } = (await (await fetch(`${url}connections.json`)).json()) as {
      rows: { requests: number }[]
    }
    expect(rows.map(({ requests }) => requests)).toEqual([1])
    expect((await fetch(url, { headers: { 'X-Forwarded-For': '192.0.2.1' } })).status).toBe(403)
    client.close()
    program.kill('SIGTERM')
    expect(await program.end()).toMatchObject({ signal: 'SIGTERM', errors: '' })
  })

  test('keeps no process alive, whoever looks at it', async () => {
    const port = await freePort()
    const text = `
      const { createServer } = require('node:http')
      const server = createServer((req, res) => res.end('hello'))
      server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port))
      process.once('SIGUSR2', () => server.close())`
    const program = new Program(text, { kit: { DASHBOARD_PORT: String(port) } })
    await program.port()
    await eventuallyAnswers(`http://127.0.0.1:${port}/`)
    const viewer = await RawClient.open({ port })
    viewer.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await eventually(() => viewer.text.includes('text/event-stream'), 'the stream')
    program.kill('SIGUSR2')
    expect(await program.end(8_000)).toMatchObject({ code: 0, errors: '' })
    viewer.close()
  })

  test('says once that its port is taken, and goes on', async () => {
    const taken = createServer()
    const port = await listen(taken)
    const program = new Program(waiting, { kit: { DASHBOARD_PORT: String(port) } })
    const client = await RawClient.open({ port: await program.port() })
    expect((await client.get()).headers['keep-alive']).toBe('timeout=65')
    await program.says(/The page of this process is not served: port \d+ is in use/)
    client.close()
    await stop(taken)
  })

  test('is of one worker of a cluster', async () => {
    const port = await freePort()
    const text = `
      const cluster = require('node:cluster')
      if (cluster.isPrimary) { cluster.fork(); cluster.fork() }
      else { ${waiting} }`
    const program = new Program(text, { kit: { DASHBOARD_PORT: String(port) } })
    await program.says(/^port/m, 2)
    await program.says(/is in use, possibly by another worker/, 1)
    await eventuallyAnswers(`http://127.0.0.1:${port}/`)
  })
})

describe('the metrics on a port of their own', () => {
  test("come by the app's prom-client", async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'node_modules'))
    for (const name of ['prom-client', 'tdigest', 'bintrees', '@opentelemetry'])
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
    const port = await freePort()
    const program = new Program(waiting, { folder, kit: { METRICS_PORT: String(port) } })
    const client = await RawClient.open({ port: await program.port() })
    await client.get()
    const url = `http://127.0.0.1:${port}/metrics`
    await eventuallyAnswers(url)
    const response = await fetch(url)
    expect(response.headers.get('content-type')).toContain('text/plain')
    expect(await response.text()).toMatch(/^keepalive_requests_total 1$/m)
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404)
    client.close()
  })

  test('are missing where the app has none, and it is said', async () => {
    const program = new Program(waiting, { kit: { METRICS_PORT: String(await freePort()) } })
    await program.says(/The metrics of this process are not served: the app has no prom-client/)
  })
})

test('a preload that is broken inside does no harm', async () => {
  const folder = temporaryFolder()
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  for (const name of ['on-finished', 'ee-first']) {
    mkdirSync(join(folder, 'node_modules'), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  const text = `
    process.emitWarning = () => { throw new Error('broken') }
    ${selfish}
    server.keepAliveTimeout = 3_000`
  const { code, out, errors } = await new Program(text, { kit: { BEHIND: 'nginx' } }).end()
  expect({ code, out }).toEqual({ code: 6, out: 'hello\nclosed\nexit 6\n' })
  expect(errors).toBe('keepalive-kit: Error: broken\n')
})

test('nor does one whose parts are missing, or that can say nothing', async () => {
  const text = `
    console.error = () => { throw new Error('console.error is not for use') }
    ${selfish}`
  const ways = [{ FOO: '1' }, { BEHIND: 'nginx', DASHBOARD_PORT: String(await freePort()) }]
  for (const kit of ways) {
    const folder = temporaryFolder()
    cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
    for (const part of ['open.cjs', 'kit.cjs']) {
      const { code, out, errors } = await new Program(text, { kit, folder, dist: join(folder, 'dist') }).end()
      expect({ code, out, errors }).toEqual({ code: 6, out: 'hello\nclosed\nexit 6\n', errors: '' })
      rmSync(join(folder, 'dist', part))
    }
    expect((await new Program(selfish, { kit, folder, dist: join(folder, 'dist') }).end()).code).toBe(6)
  }
})

test('a Node that is too old runs the app without the kit, and says so', async () => {
  const folder = temporaryFolder()
  const old = join(folder, 'old.cjs')
  writeFileSync(old, 'delete process.getBuiltinModule')
  for (const preload of [`--require ${root}/dist/register.cjs`, `--import ${root}/dist/register.mjs`]) {
    const env = { NODE_OPTIONS: `--require ${old} ${preload}` }
    const { code, out, errors } = await new Program(selfish, { preload: 'plain', env, folder }).end()
    expect({ code, out }).toEqual({ code: 6, out: 'hello\nclosed\nexit 6\n' })
    expect(errors).toMatch(/^keepalive-kit: nothing is attached: Node\.js v[\d.]+ is too old, .*\n$/)
  }
})

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await stop(server)
  return port
}

async function eventuallyAnswers(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await (await fetch(url)).text()
      return
    } catch (error) {
      if (tries > 100) throw error
      await new Promise((done) => setTimeout(done, 30))
    }
  }
}
