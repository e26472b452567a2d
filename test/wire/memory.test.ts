import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { keepAlive } from '../../src/index.ts'
import { serve } from '../support/server.ts'
import { eventually, sleep } from '../support/within.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

async function heapUsed(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    gc()
    await sleep(20)
  }
  return process.memoryUsage().heapUsed
}

/** Opens connections that send one request each, and closes them when it is answered. */
async function openAndClose(port: number, count: number): Promise<void> {
  for (let done = 0; done < count; done += 200) {
    const batch = Array.from(
      { length: 200 },
      () =>
        new Promise<void>((closed, failed) => {
          const socket = connect(port, '127.0.0.1', () =>
            socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n'),
          )
          socket.on('data', () => socket.end())
          socket.on('error', failed)
          socket.on('close', () => closed())
        }),
    )
    await Promise.all(batch)
  }
}

it('forgets 10,000 closed connections', { timeout: 60_000 }, async () => {
  const kit = keepAlive({ maxRequests: 100, maxAge: 60_000 })
  const { port } = await serve((_req, res) => void res.end('ok'), kit.attach)
  await openAndClose(port, 2_000)
  await eventually(() => kit.connections().length === 0, 'the warm-up to be over')
  const before = await heapUsed()
  await openAndClose(port, 10_000)
  await eventually(() => kit.connections().length === 0, 'all records to be gone')
  const growth = (await heapUsed()) - before
  expect(kit.snapshot().connections).toMatchObject({ opened: 12_000, closed: 12_000, open: 0 })
  // A record that is kept also keeps its socket, some kilobytes. Noise is far below 100 bytes per connection.
  expect(growth).toBeLessThan(10_000 * 100)
})
