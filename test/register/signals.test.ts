import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Program, type ProgramEnd } from '../support/program.ts'
import { RawClient } from '../support/raw.ts'
import { eventually, within } from '../support/within.ts'

const require = createRequire(import.meta.url)
const loading = (path: string): string => `require(${JSON.stringify(path)})`
const signalExit3 = loading(require.resolve('signal-exit3'))
const signalExit4 = loading(require.resolve('signal-exit'))
const closeWithGrace = loading(require.resolve('close-with-grace'))
const httpGracefulShutdown = loading(require.resolve('http-graceful-shutdown'))

const start = `
  const { createServer } = require('node:http')
  const server = createServer((req, res) => setTimeout(() => res.end('hello'), 300))
  process.on('exit', (code) => console.log('exit ' + code))`
const listen = `
  server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port))`

/** What a program did that got a signal, without its port. */
async function ending(
  text: string,
  preload: 'plain' | '--require',
  signal: NodeJS.Signals,
): Promise<ProgramEnd> {
  const program = new Program(text, { preload, kit: { DRAIN: '5000' } })
  await program.port()
  program.kill(signal)
  const end = await program.end()
  return {
    ...end,
    out: end.out.replace(/^port \d+$/m, 'port'),
    errors: end.errors.replaceAll(/^ {4}at .*\n|^\/.*(?=\/)|^\(node:\d+\)/gm, ''),
  }
}

const programs: Readonly<Record<string, string>> = {
  'no listener': `${start}${listen}`,
  'one that closes the server and exits': `${start}
    process.on('SIGTERM', () => server.close((error) => { console.log('closed', error?.code); process.exit(error ? 1 : 0) }))
    ${listen}`,
  'one that is added after the server listens': `${start}
    server.listen(0, '127.0.0.1', () => setTimeout(() => {
      process.on('SIGTERM', () => server.close(() => process.exit(4)))
      console.log('port 1')
    }, 20))`,
  'several, in order, with their arguments': `${start}
    const say = (name) => (...args) => console.log(name, ...args, process.listenerCount('SIGTERM'))
    process.on('SIGTERM', say('on'))
    process.once('SIGTERM', say('once'))
    ${listen}
    server.on('listening', () => {
      process.prependListener('SIGTERM', say('first'))
      process.on('SIGTERM', () => process.exit(5))
      process.on('SIGTERM', say('never'))
    })`,
  'one that is there twice, once by once()': `${start}
    const twice = () => console.log('twice', process.listenerCount('SIGTERM'))
    process.on('SIGTERM', () => setTimeout(() => process.exit(5), 20))
    process.on('SIGTERM', twice)
    process.once('SIGTERM', twice)
    ${listen}`,
  'once, and then the default': `${start}
    process.once('SIGTERM', () => { console.log('once'); process.kill(process.pid, 'SIGTERM') })
    ${listen}`,
  'one that was taken off again': `${start}
    const never = () => console.log('never')
    const kept = () => { console.log('kept', process.listeners('SIGTERM').includes(kept), process.listenerCount('SIGTERM')); process.exit(6) }
    process.on('SIGTERM', never)
    process.once('SIGTERM', never)
    process.on('SIGTERM', kept)
    server.on('listening', () => setImmediate(() => {
      process.off('SIGTERM', never)
      process.off('SIGTERM', never)
      console.log(process.listeners('SIGTERM').map((each) => each === kept), process.listenerCount('SIGTERM', kept))
    }))
    server.on('listening', () => setImmediate(() => console.log('port ' + server.address().port)))
    server.listen(0, '127.0.0.1')`,
  'all taken off again': `${start}
    process.on('SIGTERM', () => console.log('never'))
    server.on('listening', () => setImmediate(() => { process.removeAllListeners('SIGTERM'); console.log('port 1') }))
    server.listen(0, '127.0.0.1')`,
  'some that another has taken from rawListeners() and calls': `${start}
    process.on('SIGTERM', () => console.log('on'))
    process.once('SIGTERM', (...args) => { console.log('once', ...args); process.exit(3) })
    server.listen(0, '127.0.0.1', () => setTimeout(() => {
      const all = process.rawListeners('SIGTERM')
      process.removeAllListeners('SIGTERM')
      process.on('SIGTERM', (...args) => { for (const listener of all) listener.apply(process, args) })
      console.log('port 1')
    }, 200))`,
  'as many as Node takes without a warning, added at once': `${start}
    server.listen(0, '127.0.0.1', () => setTimeout(() => {
      for (let i = 1; i <= 10; i++) process.on('SIGTERM', () => { console.log(i); if (i === 10) process.exit(3) })
      setTimeout(() => console.log('port 1'), 20)
    }, 20))`,
  'more than that, which Node warns of once': `${start}
    let count = 0
    const add = () => {
      const i = ++count
      process.on('SIGTERM', () => { console.log(i, process.listenerCount('SIGTERM')); if (i === 14) process.exit(3) })
    }
    while (count < 12) add()
    server.listen(0, '127.0.0.1', () => setTimeout(() => {
      add()
      setTimeout(() => { add(); setTimeout(() => console.log('port 1'), 20) }, 20)
    }, 20))`,
  'more than that, one of them several times': `${start}
    let count = 0
    const same = () => console.log('same', ++count)
    for (let i = 1; i <= 12; i++) {
      process.on('SIGTERM', () => { console.log(i, process.listenerCount('SIGTERM')); if (i === 12) process.exit(3) })
      if (i % 5 === 0) process.on('SIGTERM', same)
      if (i % 4 === 0) process.once('SIGTERM', same)
    }
    server.listen(0, '127.0.0.1', () => setTimeout(() => { process.off('SIGTERM', same); console.log('port 1') }, 20))`,
  'one that throws': `${start}
    process.on('uncaughtExceptionMonitor', ({ message }, origin) => console.log(origin, message))
    process.on('SIGTERM', () => { throw new Error('thrown') })
    ${listen}`,
  'one that rejects': `${start}
    process.on('uncaughtExceptionMonitor', ({ message }, origin) => console.log(origin, message))
    process.on('SIGTERM', async () => { throw new Error('thrown') })
    ${listen}`,
  'one that awaits the close event': `${start}
    const { once } = require('node:events')
    let closes = 0
    server.on('close', () => console.log('close', ++closes))
    process.on('SIGTERM', async () => { server.close(); await once(server, 'close'); console.log('awaited') })
    ${listen}`,
  'one that awaits a promisified close': `${start}
    process.on('SIGTERM', async () => { await require('node:util').promisify(server.close.bind(server))(); console.log('awaited') })
    ${listen}`,
  'one that closes twice': `${start}
    process.on('SIGTERM', () => {
      server.close((error) => console.log('first', error?.code))
      server.close((error) => console.log('second', error?.code))
    })
    ${listen}`,
  'one that never ends the process by itself': `${start}
    process.on('SIGTERM', () => { console.log('caught'); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50) })
    ${listen}`,
  'signal-exit 4': `${start}
    ${signalExit4}.onExit((code, signal) => console.log('onExit', code, signal))
    ${listen}`,
  'signal-exit 3, loaded late': `${start}
    server.on('listening', () => ${signalExit3}((code, signal) => console.log('onExit', code, signal)))
    ${listen}`,
  'signal-exit 3 and 4, and a listener': `${start}
    ${signalExit3}((code, signal) => console.log('onExit 3', code, signal))
    ${signalExit4}.onExit((code, signal) => console.log('onExit 4', code, signal))
    process.on('SIGTERM', () => server.close(() => process.exit(7)))
    ${listen}`,
  'signal-exit 4, unloaded': `${start}
    const remove = ${signalExit4}.onExit((code, signal) => console.log('onExit', code, signal))
    server.on('listening', () => setImmediate(() => { remove(); console.log('port 1') }))
    server.listen(0, '127.0.0.1')`,
  'close-with-grace': `${start}
    ${closeWithGrace}({ delay: 2000 }, async ({ signal }) => {
      console.log('grace', signal)
      await new Promise((done, fail) => server.close((error) => error ? fail(error) : done()))
    })
    ${listen}`,
  'http-graceful-shutdown': `${start}
    ${httpGracefulShutdown}(server, { onShutdown: async (signal) => console.log('onShutdown', signal), finally: () => console.log('finally') })
    ${listen}`,
}

describe('a program ends by a signal as without the kit', () => {
  for (const [name, text] of Object.entries(programs))
    test(name, async () => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        const own = signal === 'SIGINT' ? text.replaceAll('SIGTERM', 'SIGINT') : text
        const [kitted, plain] = await Promise.all([
          ending(own, '--require', signal),
          ending(own, 'plain', signal),
        ])
        expect(kitted).toEqual(plain)
      }
    })
})

test('the listeners are called when the requests under way are answered', async () => {
  const text = `${start}
    process.on('SIGTERM', () => { console.log('told'); process.exit(0) })
    ${listen}`
  const ask = async (preload: 'plain' | '--require') => {
    const program = new Program(text, { preload, kit: { DRAIN: '5000' } })
    const client = await RawClient.open({ port: await program.port() })
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise((done) => setTimeout(done, 100))
    program.kill('SIGTERM')
    const end = await program.end()
    return { end, answers: client.responses.map(({ headers, body }) => [headers.connection, body]) }
  }
  expect((await ask('plain')).answers).toEqual([])
  const { end, answers } = await ask('--require')
  expect(answers).toEqual([['close', 'hello']])
  expect(end).toMatchObject({ code: 0, errors: '', out: expect.stringMatching(/^port \d+\ntold\nexit 0\n$/) })
})

/** A program with a request that never ends, and so a drain that lasts. */
const stuck = (more: string) => `
  const { createServer } = require('node:http')
  const server = createServer((req, res) => res.write('never'))
  ${more}
  ${listen}`

async function withStuckRequest(more: string, drain = '20000'): Promise<Program> {
  const program = new Program(stuck(more), { kit: { DRAIN: drain } })
  const client = await RawClient.open({ port: await program.port() })
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await new Promise((done) => client.socket.once('data', done))
  return program
}

/** Waits until the drain has begun: the server does not listen any more. */
async function drainBegun(program: Program): Promise<void> {
  const port = await program.port()
  const connects = (): Promise<boolean> =>
    new Promise((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false))
      socket.on('connect', () => socket.destroy())
    })
  while (await connects()) await pause(10)
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

test('a second signal goes to the listeners at once', async () => {
  const program = await withStuckRequest(
    "process.on('SIGINT', (...args) => { console.log('told', ...args); process.exit(8) })",
  )
  program.kill('SIGTERM')
  await within(5_000, 'the drain', drainBegun(program))
  // Sooner, it would count as the same signal.
  await pause(600)
  expect(program.out).not.toContain('told')
  program.kill('SIGINT')
  expect(await program.end(5_000)).toMatchObject({ code: 8, out: expect.stringContaining('told SIGINT 2') })
})

test('and ends the process where there is none', async () => {
  const program = await withStuckRequest('')
  program.kill('SIGTERM')
  await within(5_000, 'the drain', drainBegun(program))
  // Sooner, it would count as the same signal.
  await pause(600)
  expect(program.child.exitCode).toBe(null)
  program.kill('SIGTERM')
  expect(await program.end(5_000)).toMatchObject({ code: null, signal: 'SIGTERM' })
})

test('a signal that comes twice at once, as from npm, is one', async () => {
  const program = new Program(
    `${start}
    process.on('SIGINT', () => { console.log('told'); process.exit(0) })
    ${listen}`,
    { kit: { DRAIN: '5000' } },
  )
  const client = await RawClient.open({ port: await program.port() })
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await pause(100)
  program.kill('SIGINT')
  await pause(50)
  program.kill('SIGINT')
  expect((await program.end()).out).toMatch(/^port \d+\ntold\nexit 0\n$/)
  expect(client.responses.map(({ body }) => body)).toEqual(['hello'])
})

test('upgraded connections are left to the app: nothing waits for them', async () => {
  const text = `${start}
    const sockets = new Set()
    server.on('upgrade', (req, socket) => {
      sockets.add(socket)
      socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n')
      socket.on('data', (bytes) => socket.write(bytes))
    })
    process.on('SIGTERM', () => { for (const socket of sockets) socket.end('bye'); server.close(() => process.exit(5)) })
    ${listen}`
  const program = new Program(text, { kit: { DRAIN: '30s' } })
  const client = await RawClient.open({ port: await program.port() })
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
  await eventually(() => client.text.endsWith('\r\n\r\n'), 'the upgrade')
  program.kill('SIGTERM')
  await eventually(() => client.text.endsWith('bye'), 'the app to close it')
  client.socket.end()
  expect(await program.end()).toMatchObject({ code: 5, errors: '' })
})

test('nor are they destroyed with what is left at the end', async () => {
  const program = await withStuckRequest(
    `server.on('upgrade', (req, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n')
      process.on('SIGTERM', () => socket.end('bye'))
    })
    process.on('SIGTERM', () => setTimeout(() => process.exit(6), 500))`,
    '500',
  )
  const client = await RawClient.open({ port: await program.port() })
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
  await eventually(() => client.text.endsWith('\r\n\r\n'), 'the upgrade')
  program.kill('SIGTERM')
  await eventually(() => client.text.endsWith('bye'), 'the app to close it')
  const { code, errors } = await program.end()
  expect(code).toBe(6)
  expect(errors).toContain('destroyed connections: 1 active ')
})

test('a drain that does not end in time destroys what is left, and says so', async () => {
  const program = await withStuckRequest("process.on('SIGTERM', () => process.exit(9))", '400')
  program.kill('SIGTERM')
  const { code, errors } = await program.end(5_000)
  expect(code).toBe(9)
  expect(errors).toContain('KEEPALIVE_DRAIN_FORCED')
  expect(errors).toContain('1 active')
})

test('a program that emits the signal itself gets what it emits, after the drain', async () => {
  const text = `${start}
    process.on('SIGTERM', (...args) => { console.log('told', args.length); process.exit(0) })
    server.on('listening', () => setTimeout(() => console.log(process.emit('SIGTERM')), 50))
    ${listen}`
  const { out, code } = await new Program(text, { kit: { DRAIN: '5000' } }).end()
  expect([out.replace(/\d+/, '0'), code]).toEqual(['port 0\ntrue\ntold 0\nexit 0\n', 0])
})

test('without KEEPALIVE_KIT_DRAIN no listener is touched', async () => {
  const text = `${start}
    process.on('SIGTERM', () => {})
    server.on('listening', () => setTimeout(() => {
      console.log(['SIGTERM', 'SIGINT', 'newListener'].map((name) => process.rawListeners(name).length).join())
      process.exit()
    }, 20))
    ${listen}`
  const plain = await new Program(text, { preload: 'plain' }).end()
  expect((await new Program(text).end()).out.split('\n')[1]).toBe(plain.out.split('\n')[1])
})

test('a process without a server is not touched either', async () => {
  const text = `setTimeout(() => console.log(process.rawListeners('SIGTERM').length), 20)`
  expect((await new Program(text, { kit: { DRAIN: '5000' } }).end()).out).toBe('0\n')
})
