import { expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually, sleep } from '../support/within.ts'

const clients = 12

/**
 * Connections that are due together are closed one after the other. A connection that is used while it waits for its turn
 * begins a new wait.
 */
it('a connection that is used while it is due is kept for the whole timeout again', async () => {
  const { kit, closed } = makeKit({ keepAliveTimeout: 500, keepAliveTimeoutBuffer: 0, linger: 50 })
  const { port } = await serve(
    (_req, res) => res.end('ok'),
    (server) => kit.attach(server),
  )
  const all = await Promise.all(Array.from({ length: clients }, () => RawClient.open({ port })))
  for (const client of all) client.socket.on('end', () => client.socket.end())
  await Promise.all(all.map((client) => client.get()))
  // By then the others are due as well.
  await eventually(() => all.filter(({ ended }) => ended !== undefined).length >= 3, 'the first closes')
  const open = all.filter(({ ended }) => ended === undefined)
  for (const client of open) client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  const used = (): RawClient[] => open.filter(({ responses }) => responses.length === 2)
  await eventually(() => open.every(({ ended, responses }) => ended || responses.length === 2), 'answers')
  // Some may have crossed their close; the others have another 500 ms.
  expect(used().length).toBeGreaterThan(0)
  await sleep(250)
  expect(used().filter(({ ended }) => ended !== undefined)).toEqual([])
  await Promise.all(used().map((client) => client.get()))
  for (const client of all) client.close()
  await eventually(() => closed.length === clients, 'the closed records')
  expect(closed.filter(({ reason, idleAtClose }) => reason === 'idle-timeout' && idleAtClose < 499)).toEqual(
    [],
  )
})
