import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { Consumer, run } from './consumer.ts'

const ways = Object.keys(manifest.exports).filter((path) => !path.endsWith('.json'))
const specifiers = ways.map((path) => join(manifest.name, path))

/** Runs a program, and gives what it prints as JSON. */
async function printedBy(name: string, text: string): Promise<unknown> {
  const { code, output } = await new Consumer({ [name]: text }).node(['--no-warnings', name])
  expect(code, output).toBe(0)
  return JSON.parse(output)
}

test('require and import give the same kit, the same records and the same errors', async () => {
  const text = `
    import { once } from 'node:events'
    import { createServer, get } from 'node:http'
    import { createRequire } from 'node:module'
    const require = createRequire(import.meta.url)
    const same = {}
    for (const specifier of ${JSON.stringify(specifiers)}) {
      const required = require(specifier)
      const imported = await import(specifier)
      const names = Object.keys(required).sort()
      same[specifier] =
        (names.length > 0 || specifier === 'keepalive-kit/register') &&
        names.join() === Object.keys(imported).filter((name) => name !== 'default').sort().join() &&
        names.every((name) => required[name] === imported[name])
    }
    const { keepAlive } = require('keepalive-kit')
    const { connectionOf, KeepAliveError } = await import('keepalive-kit')
    const server = createServer((req, res) => res.end(String(connectionOf(req)?.requests)))
    keepAlive().attach(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const [res] = await once(get({ port: server.address().port, host: '127.0.0.1' }), 'response')
    let requests = ''
    for await (const part of res.setEncoding('utf8')) requests += part
    server.close()
    let isKeepAliveError
    try { keepAlive({ jitter: 10 }) } catch (error) { isKeepAliveError = error instanceof KeepAliveError }
    console.log(JSON.stringify({ same, requests, isKeepAliveError }))`
  expect(await printedBy('both.mjs', text)).toEqual({
    same: Object.fromEntries(specifiers.map((specifier) => [specifier, true])),
    requests: '1',
    isKeepAliveError: true,
  })
})

test.each(specifiers)('%s reads nothing but its own modules, and needs no peer', async (specifier) => {
  const text = `
    const fs = require('node:fs')
    const read = []
    for (const name of ['readFileSync', 'readFile', 'openSync', 'open', 'readdirSync']) {
      const before = fs[name]
      fs[name] = (path, ...rest) => {
        if (!new Error().stack.includes('node:internal/modules')) read.push(String(path))
        return before(path, ...rest)
      }
    }
    require(${JSON.stringify(specifier)})
    console.log(JSON.stringify(read))`
  expect(await printedBy('read.cjs', text)).toEqual([])
})

test('an app that loads the kit loads neither the advisor nor the page nor the command line', async () => {
  const text = `
    require('keepalive-kit').keepAlive().attach(require('node:http').createServer())
    const files = Object.keys(require.cache).map((path) => path.replace(/.*node_modules./, ''))
    console.log(JSON.stringify(files.slice(1).sort()))`
  expect(await printedBy('loads.cjs', text)).toEqual([
    'ee-first/index.js',
    'keepalive-kit/dist/index.cjs',
    'keepalive-kit/dist/kit.cjs',
    'keepalive-kit/dist/preload.cjs',
    'keepalive-kit/dist/pure.cjs',
    'keepalive-kit/dist/rolldown-runtime.cjs',
    'on-finished/index.js',
  ])
})

test.each(['20', '22', '24', '26'])(
  "npm's undici sends a form after the kit was required on Node %s",
  async (version) => {
    const consumer = new Consumer({
      'form.cjs': `
        require('keepalive-kit')
        const { createServer } = require('node:http')
        const { FormData, request } = require('undici')
        const server = createServer((req, res) => req.resume().on('end', () => res.end('got it')))
        server.listen(0, '127.0.0.1', async () => {
          const form = new FormData()
          form.set('name', 'value')
          const { port } = server.address()
          const signal = AbortSignal.timeout(10_000)
          const { body } = await request('http://127.0.0.1:' + port, { method: 'POST', body: form, signal })
          console.log(process.version, await body.text())
          process.exit()
        })`,
    })
    const args = ['--yes', '-p', `node@${version}`, '--', 'node', 'form.cjs']
    const { output } = await run('npx', args, consumer.folder)
    expect(output).toMatch(new RegExp(`^v${version}\\..* got it$`, 'm'))
  },
)

test('the package is small', () => {
  const packed = join(inject('consumers'), 'node_modules', manifest.name)
  const files = readdirSync(packed, { encoding: 'utf8', recursive: true })
    .map((name) => join(packed, name))
    .filter((path) => statSync(path).isFile())
  expect(files.length).toBeLessThanOrEqual(145)
  expect(files.reduce((total, path) => total + readFileSync(path).length, 0)).toBeLessThan(1_450_000)
  expect(Object.keys(manifest.dependencies)).toEqual(['on-finished'])
})
