import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { Consumer } from './consumer.ts'

// Two versions in one tree, a copy that a bundle has taken in, and Jest's resetModules all give a second kit.

/** Runs a program beside a second copy of the package; gives what it prints as JSON. */
async function printedBesideCopy(text: string): Promise<unknown> {
  const consumer = new Consumer({ 'two.cjs': text })
  const modules = consumer.path('node_modules')
  cpSync(join(inject('consumers'), 'node_modules/keepalive-kit'), join(modules, 'copy'), { recursive: true })
  const { code, output } = await consumer.node(['--no-warnings', 'two.cjs'])
  expect(code, output).toBe(0)
  return JSON.parse(output)
}

test('a server has one kit, whichever copy of the package it is of', async () => {
  const text = `
    const { createServer, get } = require('node:http')
    const first = require('keepalive-kit').keepAlive({ keepAliveTimeout: 30_000 })
    const second = require('copy').keepAlive({ keepAliveTimeout: 5_000 })
    const seen = { warnings: [] }
    process.on('warning', ({ code }) => seen.warnings.push(code))
    const server = createServer((req, res) => second(req, res, () => res.end()))
    first.attach(server)
    try { second.attach(server) } catch ({ code }) { seen.code = code }
    seen.keepAliveTimeout = server.keepAliveTimeout
    server.listen(0, '127.0.0.1', () => {
      get({ port: server.address().port, host: '127.0.0.1', agent: false }, (res) => {
        res.resume().on('end', () => {
          seen.requests = [first, second].map((kit) => kit.snapshot().requests.total)
          first.detach()
          second.attach(server)
          seen.afterwards = server.keepAliveTimeout
          server.close(() => console.log(JSON.stringify(seen)))
        })
      })
    })`
  expect(await printedBesideCopy(text)).toEqual({
    warnings: ['KEEPALIVE_SECOND_KIT'],
    code: 'ERR_KEEPALIVE_ALREADY_ATTACHED',
    keepAliveTimeout: 30_000,
    requests: [1, 0],
    afterwards: 5_000,
  })
})

test('the page says that it got a kit of another copy', async () => {
  const text = `
    const kit = require('keepalive-kit').keepAlive()
    try { require('copy/dashboard').dashboard(kit) } catch ({ code, message }) { console.log(JSON.stringify({ code, message })) }`
  expect(await printedBesideCopy(text)).toEqual({
    code: 'ERR_KEEPALIVE_OPTION_TYPE',
    message: expect.stringContaining('of another copy of keepalive-kit'),
  })
})
