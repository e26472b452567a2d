import { describe, expect, test } from 'vitest'
import { Consumer } from './consumer.ts'

/** A test of an app, as its authors write it: with the API of Jest, mocha and vitest alike. */
const appTest = `
const answer = (server, agent) =>
  new Promise((done, failed) => {
    const { port } = server.address()
    get({ port, host: '127.0.0.1', agent }, (res) => {
      let body = ''
      res.setEncoding('utf8').on('data', (part) => { body += part })
      res.on('end', () => done(body + ' ' + res.headers['keep-alive']))
    }).on('error', failed)
  })

describe('the app', () => {
  it('counts requests', async () => {
    const connections = keepAlive({ keepAliveTimeout: 30_000 })
    const server = createServer((req, res) => res.end(String(connectionOf(req).requests)))
    connections.attach(server)
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
    const got = await answer(server)
    await new Promise((closed) => server.close(closed))
    if (!/^1 timeout=\\d+/.test(got)) throw new Error('got ' + got)
    if (connections.snapshot().requests.total !== 1) throw new Error('not counted')
  })

  it('knows an error of the kit', () => {
    let error: any
    try { keepAlive({ jitter: 10 }) } catch (thrown) { error = thrown }
    if (!(error instanceof KeepAliveError)) throw new Error('not a KeepAliveError')
  })

  it('drains', async () => {
    const connections = keepAlive()
    const server = createServer((req, res) => res.end())
    connections.attach(server)
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
    const agent = new Agent({ keepAlive: true })
    await answer(server, agent)
    const { closedIdle } = await connections.drain({ timeout: 1_000 })
    if (closedIdle !== 1) throw new Error('closed ' + closedIdle)
  })

  it('makes the page', () => {
    dashboard(keepAlive()).close()
  })
})
`

const required = `
const { Agent, createServer, get } = require('node:http')
const { connectionOf, keepAlive, KeepAliveError } = require('keepalive-kit')
const { dashboard } = require('keepalive-kit/dashboard')
${appTest.replace(': any', '')}`

const imported = `
import { Agent, createServer, get } from 'node:http'
import { connectionOf, keepAlive, KeepAliveError } from 'keepalive-kit'
import { dashboard } from 'keepalive-kit/dashboard'
${appTest.replace(': any', '')}`

const typed = `
import { Agent, createServer, get, type Server } from 'node:http'
import { connectionOf, keepAlive, KeepAliveError } from 'keepalive-kit'
import { dashboard } from 'keepalive-kit/dashboard'
${appTest
  .replace('(server, agent) =>', '(server: Server, agent?: Agent): Promise<string> =>')
  .replace('server.address()', 'server.address() as { port: number }')
  .replace('connectionOf(req).requests', 'connectionOf(req)?.requests')
  .replaceAll('(listening) => server.listen(0, ', '(listening: any) => server.listen(0, ')}`

const tsJest = (module: string, moduleResolution: string): string =>
  JSON.stringify({
    compilerOptions: { module, moduleResolution, target: 'es2022', strict: true, esModuleInterop: true },
  })

const jest = (config: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ name: 'app', jest: { testEnvironment: 'node', ...config } })

interface Runner {
  readonly tool: string
  readonly args: readonly string[]
  readonly files: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
}

const modules = { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' }
const transformed = { transform: { '\\.ts$': 'ts-jest' } }

const runners: Readonly<Record<string, Runner>> = {
  'Jest as it is by default': {
    tool: 'jest',
    args: ['--ci'],
    files: { 'package.json': jest({}), 'app.test.js': required },
  },
  'Jest with jsdom, whose timers are no objects': {
    tool: 'jest',
    args: ['--ci'],
    files: { 'package.json': jest({ testEnvironment: 'jsdom' }), 'app.test.js': required },
  },
  'Jest with fake timers': {
    tool: 'jest',
    args: ['--ci'],
    files: { 'package.json': jest({ fakeTimers: { enableGlobally: true } }), 'app.test.js': required },
  },
  'Jest with ES modules': {
    tool: 'jest',
    args: ['--ci'],
    files: { 'package.json': jest({}), 'app.test.mjs': imported },
    env: modules,
  },
  'ts-jest, module commonjs, moduleResolution node10': {
    tool: 'jest',
    args: ['--ci'],
    files: {
      'package.json': jest(transformed),
      'tsconfig.json': tsJest('commonjs', 'node10'),
      'app.test.ts': typed,
    },
  },
  'ts-jest, module node16': {
    tool: 'jest',
    args: ['--ci'],
    files: {
      'package.json': jest(transformed),
      'tsconfig.json': tsJest('node16', 'node16'),
      'app.test.ts': typed,
    },
  },
  'mocha with require': { tool: 'mocha', args: ['app.test.cjs'], files: { 'app.test.cjs': required } },
  'mocha with import': { tool: 'mocha', args: ['app.test.mjs'], files: { 'app.test.mjs': imported } },
  vitest: {
    tool: 'vitest',
    args: ['run', '--globals', '--root', '.'],
    files: { 'package.json': '{ "type": "module" }', 'app.test.ts': typed },
  },
}

describe('the tests of an app pass in', () => {
  test.each(Object.entries(runners))('%s', async (_name, { tool, args, files, env }) => {
    const { code, output } = await new Consumer({ 'package.json': '{}', ...files }).tool(tool, args, env)
    expect(code, output).toBe(0)
    expect(output).toMatch(/\b4 (?:passed|passing)\b/)
    expect(output).not.toMatch(/did not exit|open handle/i)
  })
})
