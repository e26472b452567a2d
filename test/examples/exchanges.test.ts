import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, test } from 'vitest'

const folder = join(import.meta.dirname, '../../examples/exchanges')

test.each(readdirSync(folder))('%s has at most 30 lines', (name) => {
  expect(readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(30)
})

/** What an exchange prints, without the clock's times. */
function lines(name: string): Promise<string[]> {
  return new Promise((done, failed) => {
    execFile(process.execPath, [join(folder, name)], { timeout: 15_000 }, (error, out, errors) => {
      if (error) return failed(error)
      expect(errors).toBe('')
      const what = out.split('\n').map((line) => line.replace(/^ *\d+\.\d{3} s {2}|^ +/, ''))
      const told = what.map((line) => line.replace(/[\d.]+ m?s\b/, '…')).filter((line) => line !== '')
      // How often a client writes before it notices is its system's affair.
      done(told.filter((line, i) => line !== told[i - 1]))
    })
  })
}

const answer = 'response 200 (after …)'

/** Each exchange as both sides tell it, and the kit's reason for the close. */
const exchanges: Readonly<Record<string, readonly string[]>> = {
  'idle-timeout.mjs': [
    'server:',
    'accepted',
    'request GET /',
    answer,
    'idle …',
    'FIN from the server: idle-timeout',
    'late bytes from the client: 1 request',
    'closed by the server: idle-timeout',
    'reason idle-timeout, by the server, late 1',
    'client:',
    'connected',
    'request GET /',
    answer,
    'idle …',
    'FIN from the server',
    'request GET / (reused)',
    'RST from the server',
    'closed',
  ],
  'four-requests.mjs': [
    'server:',
    'accepted',
    'request GET /',
    answer,
    'idle …',
    ...Array.from({ length: 3 }, () => ['request GET / (reused)', answer, 'idle …']).flat(),
    'FIN from the client',
    'FIN from the server',
    'closed by the client: client-idle',
    'reason client-idle, by the client, late 0',
    'client:',
    'connected',
    'request GET /',
    answer,
    'idle …',
    ...Array.from({ length: 3 }, () => ['request GET / (reused)', answer, 'idle …']).flat(),
    'FIN from the client',
    'FIN from the server',
    'closed',
  ],
  'client-closes.mjs': [
    'server:',
    'accepted',
    'request GET /',
    answer,
    'FIN from the client',
    'FIN from the server',
    'closed by the client: client-idle',
    'reason client-idle, by the client, late 0',
    'client:',
    'connected',
    'request GET /',
    answer,
    'FIN from the client',
    'FIN from the server',
    'closed',
  ],
  'slow-handler.mjs': [
    'server:',
    'accepted',
    'request GET /',
    answer,
    'FIN from the client',
    'FIN from the server',
    'closed by the client: client-idle',
    'reason client-idle, by the client, late 0',
    'client:',
    'connected',
    'request GET /',
    answer,
    'FIN from the client',
    'FIN from the server',
    'closed',
  ],
  'server-dies.mjs': [
    'server:',
    'accepted',
    'request GET /',
    'closed by the server: app',
    'reason app, by the server, late 0',
    'client:',
    'connected',
    'request GET /',
    'RST from the server',
    'closed',
  ],
  'nobody-closes.mjs': [
    'server:',
    'accepted',
    'request GET /',
    answer,
    'state idle for …',
    'client:',
    'connected',
    'request GET /',
    answer,
  ],
}

test('every exchange is here', () => {
  const helpers = ['dial.mjs', 'server.mjs']
  expect(readdirSync(folder).filter((name) => !helpers.includes(name))).toEqual(Object.keys(exchanges).sort())
})

/** Pauses of a moment depend on how busy the machine is. */
const steady = (told: readonly string[], name: string): readonly string[] =>
  name === 'four-requests.mjs' || name === 'idle-timeout.mjs'
    ? told
    : told.filter((line) => line !== 'idle …')

it.concurrent.each(Object.entries(exchanges))('%s', async (name, expected) => {
  expect(steady(await lines(name), name)).toEqual(expected)
})
