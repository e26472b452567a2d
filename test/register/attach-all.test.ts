import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Program } from '../support/program.ts'

const dist = join(import.meta.dirname, '../../dist')

const asking = `
  const { createServer, get } = require('node:http')
  const ask = (server) => new Promise((done) => {
    get({ port: server.address().port, host: '127.0.0.1', agent: false }, (res) => res.resume().on('end', () => setImmediate(done, server.keepAliveTimeout)))
  })
  const { attachAll, keepAlive } = require(${JSON.stringify(join(dist, 'index.cjs'))})
  const late = createServer((req, res) => res.end('hello'))
  const early = createServer((req, res) => res.end('hello'))
  const print = (value) => { console.log(JSON.stringify(value)); process.exit() }
  const code = (act) => { try { act(); return 'none' } catch (error) { return error.code } }`

async function printed(text: string, preload: 'plain' | '--import' = 'plain', kit = {}): Promise<unknown> {
  const { out, errors, code } = await new Program(`${asking}\n${text}`, { preload, kit }).end()
  expect(code, errors).toBe(0)
  return JSON.parse(out)
}

test('attaches to servers that listen already, and to those to come', async () => {
  const text = `
    late.listen(0, '127.0.0.1', async () => {
      await ask(late)
      const kit = attachAll({ keepAliveTimeout: 30_000 })
      early.listen(0, '127.0.0.1', async () => {
        const before = late.keepAliveTimeout
        const timeouts = [await ask(late), await ask(early)]
        print({ before, timeouts, requests: kit.snapshot().requests.total })
      })
    })`
  const { before, ...others } = (await printed(text)) as { before: number }
  expect(before).not.toBe(30_000)
  expect(others).toEqual({ timeouts: [30_000, 30_000], requests: 2 })
})

test('gives the same kit again, and refuses other options', async () => {
  const text = `
    const kit = attachAll({ behind: 'nginx' }, { ports: [3000] })
    print({
      same: [attachAll(), attachAll({ behind: 'nginx' }), attachAll(undefined, { ports: [3000] })].map((each) => each === kit),
      codes: [
        () => attachAll({ behind: 'caddy' }), () => attachAll({}, { ports: [3001] }), () => attachAll(undefined, { drain: 5000 }),
        () => attachAll({ behidn: 'caddy' }), () => attachAll(undefined, { prots: [] }), () => attachAll(undefined, { ports: ['3000'] }),
      ].map(code),
    })`
  expect(await printed(text)).toEqual({
    same: [true, true, true],
    codes: [
      'ERR_KEEPALIVE_ATTACHED_ALL',
      'ERR_KEEPALIVE_ATTACHED_ALL',
      'ERR_KEEPALIVE_ATTACHED_ALL',
      'ERR_KEEPALIVE_UNKNOWN_OPTION',
      'ERR_KEEPALIVE_UNKNOWN_OPTION',
      'ERR_KEEPALIVE_OPTION_TYPE',
    ],
  })
})

test('a wrong call attaches nothing, and the next one counts', async () => {
  const text = `
    const codes = [() => attachAll({ jitter: 10 }), () => attachAll({}, { drain: -1 }), () => attachAll({ jitter: 0.5 })].map(code)
    print({ codes, jitter: attachAll().policy.jitter })`
  expect(await printed(text)).toEqual({
    codes: ['ERR_KEEPALIVE_OPTION_RANGE', 'ERR_KEEPALIVE_OPTION_RANGE', 'none'],
    jitter: 0.5,
  })
})

test('gives the kit of the preload', async () => {
  const text = `
    early.listen(0, '127.0.0.1', async () => {
      await ask(early)
      const kit = attachAll()
      print({ timeout: kit.policy.keepAliveTimeout, requests: kit.snapshot().requests.total, same: attachAll({ behind: 'caddy' }) === kit })
    })`
  expect(await printed(text, '--import', { BEHIND: 'caddy' })).toEqual({
    timeout: 125_000,
    requests: 1,
    same: true,
  })
})

test("an app's own options do not take it down under the preload: the preload's hold, and it says so once", async () => {
  const text = `
    early.listen(0, '127.0.0.1', async () => {
      await ask(early)
      const kits = [attachAll({ behind: 'nginx' }), attachAll({ behind: 'nginx' })]
      print(kits.map((kit) => kit === attachAll() && kit.policy.keepAliveTimeout))
    })`
  const program = new Program(`${asking}\n${text}`, { kit: { BEHIND: 'caddy' } })
  const { out, errors, code } = await program.end()
  expect(code, errors).toBe(0)
  expect(JSON.parse(out)).toEqual([125_000, 125_000])
  expect(errors.match(/attachAll\(\) takes the options of the process-wide kit/g)).toHaveLength(1)
})

test('drains at a signal where it is told to', async () => {
  const text = `
    attachAll({}, { drain: 5_000 })
    const slow = createServer((req, res) => setTimeout(() => res.end('hello'), 300))
    process.on('SIGTERM', () => {})
    slow.listen(0, '127.0.0.1', () => {
      get({ port: slow.address().port, host: '127.0.0.1' }, (res) => {
        res.resume().on('end', () => { console.log(JSON.stringify(res.headers.connection)); process.exit(0) })
      })
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), 100)
    })`
  expect(await printed(text)).toBe('close')
})
