import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { H2Client } from '../support/h2.ts'
import { type Preload, Program, temporaryFolder } from '../support/program.ts'
import { RawClient } from '../support/raw.ts'
import { certificate } from '../support/tls.ts'
import { within } from '../support/within.ts'

const imports = {
  cjs: "const { createServer } = require('node:http')",
  mjs: "import { createServer } from 'node:http'",
}

const hello = `
  createServer((req, res) => res.end('hello')).listen(0, '127.0.0.1', function () {
    console.log('port ' + this.address().port)
  })`

/** The `Keep-Alive` header of the responses on one connection, until the server ends it. */
async function headersOf(port: number, requests: number, tls = false): Promise<(string | undefined)[]> {
  const client = await RawClient.open({ port, tls })
  for (let i = 0; i < requests; i++) await client.get()
  if (client.responses.at(-1)!.headers.connection === 'close') expect(await client.end()).toBe('FIN')
  client.close()
  return client.responses.map(({ headers }) => headers['keep-alive'] ?? headers.connection)
}

const kit = { BEHIND: 'caddy', MAX_REQUESTS: '3', JITTER: '0' }
const capped = ['timeout=125, max=2', 'timeout=125, max=1', 'close']

const ways: [Preload, 'cjs' | 'mjs'][] = [
  ['--import', 'cjs'],
  ['--import', 'mjs'],
  ['--require', 'cjs'],
  ['--require', 'mjs'],
  ['NODE_OPTIONS', 'cjs'],
  ['NODE_OPTIONS', 'mjs'],
]

test.each(ways)(
  'by %s, the server of a .%s app has the kit from its first response on',
  async (preload, extension) => {
    const program = new Program(`${imports[extension]}\n${hello}`, { preload, extension, kit })
    expect(await headersOf(await program.port(), 3)).toEqual(capped)
    program.kill('SIGTERM')
    expect(await program.end()).toMatchObject({ signal: 'SIGTERM', errors: '' })
  },
)

test('--require leaves the loading of a CommonJS program to Node, with what hooks into it, as ts-node does', async () => {
  const hooked = join(temporaryFolder(), 'hooked.thing')
  writeFileSync(hooked, 'not JavaScript')
  const text = `
    if (require.main !== module) return
    console.log(module.parent, module.id)
    const { writeFileSync } = require('node:fs')
    const { spawnSync } = require('node:child_process')
    writeFileSync('hook.cjs', "require.extensions['.thing'] = (module) => console.log('hooked', require.main === module)")
    const { stdout, stderr } = spawnSync(process.execPath, ['--require', './hook.cjs', ${JSON.stringify(hooked)}], { encoding: 'utf8' })
    console.log(stdout, stderr)`
  const plain = await new Program(text, { preload: 'plain' }).end()
  expect(plain.out).toContain('hooked')
  expect(await new Program(text, { preload: 'NODE_OPTIONS' }).end()).toEqual(plain)
})

test('so has an https server', async () => {
  const text = `
    const { createServer } = require('node:https')
    createServer(${JSON.stringify(await certificate())}, (req, res) => res.end('hello')).listen(0, '127.0.0.1', function () {
      console.log('port ' + this.address().port)
    })`
  expect(await headersOf(await new Program(text, { kit }).port(), 3, true)).toEqual(capped)
})

test('and a server that is given a host name, listens twice, or to a path', async () => {
  const text = `
    const { createServer, get } = require('node:http')
    const server = createServer((req, res) => res.end('hello'))
    const ask = (where) => new Promise((done) => get({ ...where, agent: false }, (res) => {
      console.log('answer ' + server.keepAliveTimeout)
      res.resume().on('end', () => server.close(done))
    }))
    server.listen(0, 'localhost', async () => {
      await ask(server.address().family === 'IPv6' ? { port: server.address().port, host: '::1' } : { port: server.address().port, host: '127.0.0.1' })
      server.listen(0, '127.0.0.1', async () => {
        await ask({ port: server.address().port, host: '127.0.0.1' })
        server.listen('./socket', () => ask({ socketPath: './socket' }))
      })
    })`
  const { out, code } = await new Program(text, { kit }).end()
  expect(out).toBe('answer 125000\n'.repeat(3))
  expect(code).toBe(0)
})

test('servers that the kit cannot serve are passed over in silence', async () => {
  const text = `
    const { connect, createServer } = require('node:net')
    const tls = require('node:tls')
    const options = ${JSON.stringify(await certificate())}
    const plain = createServer((socket) => socket.end('bye'))
    const secure = tls.createServer(options, (socket) => socket.end('bye'))
    plain.listen(0, '127.0.0.1', () => secure.listen(0, '127.0.0.1', () => {
      connect(plain.address().port, '127.0.0.1').on('data', (bytes) => {
        console.log(String(bytes))
        tls.connect({ port: secure.address().port, host: '127.0.0.1', rejectUnauthorized: false }).on('data', (bytes) => {
          console.log(String(bytes))
          plain.close()
          secure.close()
        })
      })
    }))`
  const kitted = await new Program(text, { kit: { DRAIN: '5000' } }).end()
  expect(kitted).toEqual(await new Program(text, { preload: 'plain' }).end())
  expect(kitted).toMatchObject({ code: 0, out: 'bye\nbye\n', errors: '' })
})

test("an app may put anything into its sockets' `server`", async () => {
  const text = `
    const { connect, createServer } = require('node:net')
    const values = ['api', 7, true, Symbol('app'), () => {}, {}, null, undefined]
    const server = createServer((socket) => { socket.server = values.pop(); socket.end('bye') })
    server.listen(0, '127.0.0.1', function next() {
      if (values.length === 0) return server.close(() => console.log('closed'))
      connect(server.address().port, '127.0.0.1').resume().on('close', next)
    })`
  const kitted = await new Program(text).end()
  expect(kitted).toEqual({ code: 0, signal: null, out: 'closed\n', errors: '' })
})

test('an HTTP/2 server with allowHTTP1 answers both', async () => {
  const text = `
    const http2 = require('node:http2')
    const options = { ...${JSON.stringify(await certificate())}, allowHTTP1: true }
    http2.createSecureServer(options, (req, res) => res.end(req.httpVersion)).listen(0, '127.0.0.1', function () {
      console.log('port ' + this.address().port)
      const session = http2.connect('https://127.0.0.1:' + this.address().port, { rejectUnauthorized: false })
      session.request().on('data', (bytes) => console.log('h2 says ' + bytes)).on('end', () => session.close()).end()
    })`
  const program = new Program(text, { kit })
  const client = await RawClient.open({ port: await program.port(), tls: true })
  expect((await client.get()).body).toBe('1.1')
  client.close()
  await program.says(/h2 says 2\.0/)
  program.kill('SIGTERM')
  expect((await program.end()).errors).toBe('')
})

test.each([
  ['h2c', false],
  ['h2', true],
])('an HTTP/2 server has the caps, over %s', async (_, tls) => {
  const make = tls ? `createSecureServer(${JSON.stringify(await certificate())}, ` : 'createServer('
  const text = `
    require('node:http2').${make}(req, res) => res.end('hello')).listen(0, '127.0.0.1', function () {
      console.log('port ' + this.address().port)
    })`
  const program = new Program(text, { kit })
  const client = await H2Client.open({ port: await program.port(), tls })
  const streams = client.askAtOnce(5)
  expect(await client.untilGoaway()).toEqual({ last: streams[2], code: 0 })
  expect(await client.untilEnd()).toBe('FIN')
  expect(streams.map((stream) => client.status(stream))).toEqual([200, 200, 200, 0, 0])
  program.kill('SIGTERM')
  expect((await program.end()).errors).toBe('')
})

test('an HTTP/2 server drains at SIGTERM', async () => {
  const text = `
    require('node:http2').createServer((req, res) => setTimeout(() => res.end('hello'), 300)).listen(0, '127.0.0.1', function () {
      console.log('port ' + this.address().port)
    }).on('stream', () => console.log('asked'))`
  const program = new Program(text, { kit: { DRAIN: '5000' } })
  const client = await H2Client.open({ port: await program.port() })
  const stream = client.ask()
  await program.says(/asked/)
  program.kill('SIGTERM')
  expect(await client.untilGoaway()).toEqual({ last: stream, code: 0 })
  expect(await client.answer(stream)).toBe(200)
  expect(await client.untilEnd()).toBe('FIN')
  await program.end()
})

test('two preloads make one kit', async () => {
  const program = new Program(`${imports.cjs}\n${hello}`, {
    preload: '--require',
    env: { NODE_OPTIONS: `--import ${new URL('../../dist/register.mjs', import.meta.url).pathname}` },
    kit,
  })
  expect(await headersOf(await program.port(), 3)).toEqual(capped)
  program.kill('SIGTERM')
  expect((await program.end()).errors).toBe('')
})

describe('a worker thread has a kit of its own', () => {
  const text = `${imports.cjs}\n${hello}`
  const spawning = (thread: string, options = '') => `
    const { Worker } = require('node:worker_threads')
    require('node:fs').writeFileSync('thread.cjs', ${JSON.stringify(text)})
    new Worker(${thread}, { ${options} })`

  test.each(['--import', '--require', 'NODE_OPTIONS'] as const)('by %s', async (preload) => {
    const program = new Program(spawning("'./thread.cjs'"), { preload, kit })
    expect(await headersOf(await program.port(), 3)).toEqual(capped)
  })

  // Node does not preload by --import what is given as text (20 to 26).
  test('by --require also where it is given as text', async () => {
    const thread = spawning(JSON.stringify(text), 'eval: true')
    expect(await headersOf(await new Program(thread, { preload: '--require', kit }).port(), 3)).toEqual(
      capped,
    )
  })
})

test('every worker of a cluster has a kit of its own', async () => {
  const text = `
    const cluster = require('node:cluster')
    ${imports.cjs}
    if (cluster.isPrimary) { cluster.fork(); cluster.fork() }
    else createServer((req, res) => res.end(String(process.pid))).listen(0, '127.0.0.1', function () {
      console.log('port ' + this.address().port)
    })`
  const program = new Program(text, { kit })
  const [port] = await program.says(/^port (\d+)$/m, 2)
  const clients = await Promise.all([1, 2, 3, 4].map(() => RawClient.open({ port: Number(port![1]) })))
  for (const client of clients) for (let i = 0; i < 3; i++) await client.get()
  const workers = clients.map((client) => new Set(client.responses.map(({ body }) => body)))
  expect(workers.map(({ size }) => size)).toEqual([1, 1, 1, 1])
  expect(new Set(workers.flatMap((pids) => [...pids])).size).toBe(2)
  for (const client of clients) {
    expect(client.responses.map(({ headers }) => headers['keep-alive'] ?? headers.connection)).toEqual(capped)
    expect(await client.end()).toBe('FIN')
  }
  program.kill('SIGTERM')
  expect((await program.end()).errors).toBe('')
})

test('only the ports of KEEPALIVE_KIT_PORTS are attached', async () => {
  const text = `
    const { createServer } = require('node:http')
    const [app, admin, path] = [1, 2, 3].map(() => createServer((req, res) => res.end()))
    app.listen(0, '127.0.0.1', () => {
      admin.listen(Number(process.env.ADMIN), '127.0.0.1', () => path.listen('./socket', () => setImmediate(() => {
        console.log('port ' + app.address().port)
        console.log([app, admin, path].map(({ keepAliveTimeout }) => keepAliveTimeout).join())
        process.exit()
      })))
    })`
  const port = await freePort()
  const { out } = await new Program(text, {
    kit: { PORTS: `1, ${port}`, KEEP_ALIVE_TIMEOUT: '30s' },
    env: { ADMIN: String(port) },
  }).end()
  const [, , , bare] = out.split(/[\n,]/)
  expect(out.split('\n')[1]).toBe(`${bare},30000,${bare}`)
})

async function freePort(): Promise<number> {
  const program = new Program(`${imports.cjs}\n${hello}`, { preload: 'plain' })
  const port = await program.port()
  program.kill('SIGKILL')
  await within(5_000, 'the port to be free', program.ended)
  return port
}
