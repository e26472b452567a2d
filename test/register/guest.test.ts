import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Program, type ProgramEnd, type ProgramOptions, temporaryFolder } from '../support/program.ts'

const root = join(import.meta.dirname, '../..')
const dist = join(root, 'dist')
const load = (path: string): string => `require(${JSON.stringify(path)})`

/** A folder with a second copy of the package in it. */
function folderWithCopy(): string {
  const folder = temporaryFolder()
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, 'copy'), { recursive: true })
  cpSync(dist, join(modules, 'copy/dist'), { recursive: true })
  for (const name of ['on-finished', 'ee-first'])
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  return folder
}

/** Asks itself three times on one connection, and prints what it sees. */
const asking = `
  const { createServer, get, Agent } = require('node:http')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (port) => new Promise((done) => get({ port, host: '127.0.0.1', agent }, (res) => {
    const { connection, 'keep-alive': hint } = res.headers
    res.resume().on('end', () => setImmediate(done, hint ?? connection))
  }))
  const askThrice = async (server) => {
    const seen = []
    for (let i = 0; i < 3; i++) seen.push(await ask(server.address().port))
    agent.destroy()
    return seen
  }
  process.on('warning', ({ code, message }) => console.log('warning', code, message))`

const kit = { KEEP_ALIVE_TIMEOUT: '40000', MAX_REQUESTS: '50', JITTER: '0' }

async function printed(text: string, options: ProgramOptions = {}): Promise<ProgramEnd & { json: unknown }> {
  const end = await new Program(text, { kit, ...options }).end()
  expect(end.code, end.errors).toBe(0)
  return { ...end, json: JSON.parse(end.out.trimEnd().split('\n').at(-1)!) }
}

describe.each([
  ['of the same package', join(dist, 'index.cjs')],
  ['of another copy', './node_modules/copy/dist/index.cjs'],
])("the app's own kit, %s, wins", (_name, path) => {
  const own = `
    ${asking}
    const { keepAlive } = ${load(path)}
    const connections = keepAlive({ keepAliveTimeout: 20_000, maxRequests: 3, jitter: 0 })
    const tell = async (server) => {
      const seen = await askThrice(server)
      console.log(JSON.stringify({ seen, requests: connections.snapshot().requests.total, timeout: server.keepAliveTimeout }))
      server.close()
    }`

  test('attached before the server listens', async () => {
    const text = `${own}
      const server = createServer((req, res) => res.end('hello'))
      connections.attach(server)
      server.listen(0, '127.0.0.1', () => tell(server))`
    expect(await printed(text, { folder: folderWithCopy() })).toMatchObject({
      json: { seen: ['timeout=20, max=2', 'timeout=20, max=1', 'close'], requests: 3, timeout: 20_000 },
      errors: '',
    })
  })

  test('attached after that', async () => {
    const text = `${own}
      const server = createServer((req, res) => res.end('hello'))
      server.listen(0, '127.0.0.1', () => setTimeout(() => {
        const before = server.keepAliveTimeout
        connections.attach(server)
        console.log(before)
        tell(server)
      }, 20))`
    const { json, out, errors } = await printed(text, { folder: folderWithCopy() })
    expect(json).toEqual({
      seen: ['timeout=20, max=2', 'timeout=20, max=1', 'close'],
      requests: 3,
      timeout: 20_000,
    })
    expect([out.split('\n')[0], errors]).toEqual(['40000', ''])
  })

  test('mounted as middleware', async () => {
    const text = `${own}
      const server = createServer((req, res) => connections(req, res, () => res.end('hello')))
      server.listen(0, '127.0.0.1', () => tell(server))`
    expect(await printed(text, { folder: folderWithCopy() })).toMatchObject({
      json: { seen: ['timeout=20, max=2', 'timeout=20, max=1', 'close'], requests: 3, timeout: 20_000 },
      errors: '',
    })
  })
})

describe("the app's timeouts", () => {
  const serving = (set: string, later = ''): string => `
    ${asking}
    const server = createServer((req, res) => res.end('hello'))
    ${set}
    server.listen(0, () => { ${later} })
    const names = ['keepAliveTimeout', 'headersTimeout', 'requestTimeout']
    setTimeout(async () => {
      const [seen] = await askThrice(server)
      console.log(JSON.stringify({ seen, ...Object.fromEntries(names.map((name) => [name, server[name]])) }))
      server.close()
    }, 30)`
  const behind = { BEHIND: 'aws-alb' }

  test.each([
    ['set before listen()', serving('server.keepAliveTimeout = 72_000')],
    ["set in a 'listening' listener", serving('', 'server.keepAliveTimeout = 72_000')],
    [
      'set when listening is awaited',
      serving(
        "require('node:events').once(server, 'listening').then(async () => { await 0; server.keepAliveTimeout = 72_000 })",
      ),
    ],
    ['set after listen()', serving('process.nextTick(() => { server.keepAliveTimeout = 72_000 })')],
  ])('stay where they fit the proxy, %s', async (_name, text) => {
    expect(await printed(text, { kit: behind })).toMatchObject({
      json: { seen: 'timeout=72', keepAliveTimeout: 72_000, headersTimeout: 66_000, requestTimeout: 300_000 },
      out: expect.not.stringContaining('warning'),
    })
  })

  test.each([
    [
      'right after listen()',
      serving('').replace('const names', 'server.keepAliveTimeout = 30_000\n    const names'),
    ],
    ["in a 'listening' listener", serving('', 'server.keepAliveTimeout = 30_000')],
    [
      'when listening is awaited',
      serving(
        "require('node:events').once(server, 'listening').then(() => { server.keepAliveTimeout = 30_000 })",
      ),
    ],
  ])('are replaced where they do not, set %s', async (_name, text) => {
    const { json, out } = await printed(text, { kit: behind })
    expect(json).toMatchObject({ seen: 'timeout=65', keepAliveTimeout: 65_000 })
    expect(out).toContain('keepAliveTimeout to 30000')
  })

  test('show in the header also with a cap', async () => {
    const { json } = await printed(serving('server.keepAliveTimeout = 72_000'), {
      kit: { ...behind, MAX_REQUESTS: '9', JITTER: '0' },
    })
    expect(json).toMatchObject({ seen: 'timeout=72, max=8' })
  })

  test('are replaced where they do not, with both numbers', async () => {
    const set = 'server.keepAliveTimeout = 30_000; server.headersTimeout = 20_000'
    const { json, out } = await printed(serving(set), { kit: behind })
    expect(json).toEqual({
      seen: 'timeout=65',
      keepAliveTimeout: 65_000,
      headersTimeout: 66_000,
      requestTimeout: 300_000,
    })
    expect(out.match(/^warning .*$/gm)).toEqual([
      expect.stringMatching(
        /KEEPALIVE_TIMEOUT_REPLACED The app has set keepAliveTimeout to 30000, which must be above the idle timeout of aws-alb \(60000 ms\); .*: the kit has set it to 65000, on the server on port \d+ /,
      ),
      expect.stringMatching(/headersTimeout to 20000, which .*: the kit has set it to 66000/),
    ])
  })

  test('stay without a proxy, whatever they are', async () => {
    const set =
      'server.keepAliveTimeout = 2_000; server.headersTimeout = 3_000; server.requestTimeout = 4_000'
    expect(await printed(serving(set), { kit: {} })).toMatchObject({
      json: { seen: 'timeout=2', keepAliveTimeout: 2_000, headersTimeout: 3_000, requestTimeout: 4_000 },
      out: expect.not.stringContaining('warning'),
    })
  })

  test.each([
    ['20_000', {}, [20_000, 20_000]],
    ['62_000', behind, [62_000, 62_000]],
    ['0', behind, [66_000, 0]],
    ['600_000', behind, [66_000, 600_000]],
  ])('requestTimeout %s with %j bounds the headers too', async (value, variables, expected) => {
    const { json, out } = await printed(serving(`server.requestTimeout = ${value}`), { kit: variables })
    const { headersTimeout, requestTimeout } = json as Record<string, number>
    expect([headersTimeout, requestTimeout]).toEqual(expected)
    expect(out).not.toContain('warning')
  })

  test('requestTimeout below what the proxy needs is raised, with both numbers', async () => {
    const { json, out } = await printed(serving('server.requestTimeout = 20_000'), { kit: behind })
    expect(json).toMatchObject({ headersTimeout: 66_000, requestTimeout: 66_000 })
    expect(out).toMatch(
      /requestTimeout to 20000, which must not be below headersTimeout \(66000\): the kit has set it to 66000/,
    )
  })

  test('give way to what the environment asks for, with both numbers', async () => {
    const { json, out } = await printed(serving('server.keepAliveTimeout = 72_000'), {
      kit: { KEEP_ALIVE_TIMEOUT: '90s' },
    })
    expect(json).toMatchObject({ seen: 'timeout=90', keepAliveTimeout: 90_000 })
    expect(out).toMatch(/keepAliveTimeout to 72000, which .*: the kit has set it to 90000/)
  })

  test('that are no numbers are replaced', async () => {
    const { json, out } = await printed(serving("server.keepAliveTimeout = '72000'"), { kit: {} })
    expect(json).toMatchObject({ seen: 'timeout=65', keepAliveTimeout: 65_000 })
    expect(out).toMatch(/keepAliveTimeout to 72000, which must be a whole number of milliseconds/)
  })

  test('close an idle connection when they say', async () => {
    const text = `
      const { createServer } = require('node:http')
      const { connect } = require('node:net')
      const server = createServer({ keepAliveTimeout: 300 }, (req, res) => res.end('hello'))
      server.listen(0, '127.0.0.1', () => {
        let since
        const socket = connect(server.address().port, '127.0.0.1')
        socket.write('GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')
        socket.on('data', () => { since = Date.now() }).on('end', () => {
          console.log(JSON.stringify(Date.now() - since))
          server.close()
        })
      })`
    const { json } = await printed(text, { kit: { LINGER: '0' } })
    expect(json).toBeGreaterThan(290)
    expect(json).toBeLessThan(10_000)
  })
})
