import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Program, temporaryFolder } from '../support/program.ts'
import { freePort } from '../support/proxies.ts'

const root = join(import.meta.dirname, '../..')

/** Sends requests to itself, then says what `registeredOutgoing()` has counted. */
const calling = `
  const { createServer, get } = require('node:http')
  const { registeredOutgoing } = require(${JSON.stringify(join(root, 'dist/outgoing.cjs'))})
  const server = createServer((req, res) => res.end('hello'))
  const send = (port, path) => new Promise((done) => get({ port, path, host: '127.0.0.1' }, (res) => {
    let text = ''
    res.on('data', (bytes) => (text += bytes)).on('end', () => setImmediate(done, text))
  }).on('error', () => setTimeout(done, 20, '')))
  server.listen(0, '127.0.0.1', async () => {
    const { port } = server.address()
    for (let i = 0; i < 3; i++) await send(port, '/')
    const row = registeredOutgoing()?.snapshot().origins.find(({ origin }) => origin.endsWith(String(port)))
    console.log(row ? row.requests.total + ' requests, ' + row.connections.opened + ' connections' : 'none')
    REST
    process.exit()
  })`
const program = calling.replace('REST', '')

describe('KEEPALIVE_KIT_OUTGOING', () => {
  test.each([
    [{ OUTGOING: 'true' }, '3 requests, 1 connections\n'],
    [{ OUTGOING: 'TRUE ' }, '3 requests, 1 connections\n'],
    [{ OUTGOING: 'false' }, 'none\n'],
    [{}, 'none\n'],
    [{ '': 'off', OUTGOING: 'true' }, 'none\n'],
  ])('%j', async (kit, out) => {
    expect(await new Program(program, { kit }).end()).toEqual({ code: 0, signal: null, out, errors: '' })
  })

  test('a wrong value is told, and the app goes on', async () => {
    const end = await new Program(program, { kit: { OUTGOING: 'yes' } }).end()
    expect(end).toMatchObject({ code: 0, out: 'none\n' })
    expect(end.errors).toContain('KEEPALIVE_KIT_OUTGOING must be true or false')
  })

  test('metrics have it, with the listed origins', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'node_modules'))
    for (const name of ['prom-client', 'tdigest', 'bintrees', '@opentelemetry'])
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
    const port = await freePort()
    const text = calling.replace(
      'REST',
      `for (let i = 0; i < 100; i++) {
        const metrics = await send(${port}, '/metrics')
        const lines = metrics.split('\\n').filter((line) => line.startsWith('keepalive_outgoing_requests_total'))
        if (lines.length > 0) { console.log(lines.sort().join('\\n')); break }
      }`,
    )
    const kit = { OUTGOING: 'true', METRICS_PORT: `${port}`, OUTGOING_ORIGINS: 'https://api.test' }
    const { out, errors } = await new Program(text, { kit, folder }).end()
    expect(errors).toBe('')
    expect(out.split('\n').slice(1, 3)).toEqual([
      'keepalive_outgoing_requests_total{origin="https://api.test"} 0',
      expect.stringMatching(/^keepalive_outgoing_requests_total\{origin="other"\} [34]$/),
    ])
  })
})
