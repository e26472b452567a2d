import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { eventually, within } from '../support/within.ts'

const each = 20

async function serve(listen: (server: ReturnType<typeof createServer>) => void) {
  const { kit } = makeKit()
  const server = createServer()
  kit.attach(server)
  listen(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  return { kit, client }
}

it('responses by the stream API count as answered, to GET and to POST', async () => {
  const { kit, client } = await serve((server) =>
    server.on('stream', (stream) => {
      stream.resume()
      stream.respond({ ':status': 200 })
      stream.end('ok')
    }),
  )
  const ask = (method: string): Promise<string> =>
    within(
      5_000,
      `the answer to ${method}`,
      new Promise((done, fail) => {
        const request = client.request({ ':method': method })
        let text = ''
        request.setEncoding('utf8').on('data', (part) => {
          text += part
        })
        request.on('error', fail).on('close', () => done(text))
        request.end(method === 'POST' ? 'x'.repeat(40_000) : undefined)
      }),
    )
  for (let i = 0; i < each; i++) expect(await Promise.all([ask('GET'), ask('POST')])).toEqual(['ok', 'ok'])
  await eventually(() => kit.connections()[0]?.activeRequests === 0, 'the last stream to close')
  expect(kit.snapshot().requests).toMatchObject({ total: 2 * each, answered: 2 * each })
})

it('a response that either side cuts off does not count as answered', async () => {
  const { kit, client } = await serve((server) =>
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {})
      stream.respond({ ':status': 200 })
      stream.write('a part')
      if (headers[':path'] === '/server') setImmediate(() => stream.close(2))
    }),
  )
  for (const path of ['/server', '/client']) {
    const request = client.request({ ':path': path })
    request.on('error', () => {})
    const closed = new Promise((done) => request.on('close', done))
    request.on('data', () => path === '/client' && request.close(8))
    await within(5_000, `the end of ${path}`, closed)
  }
  await eventually(() => kit.connections()[0]?.activeRequests === 0, 'the last stream to close')
  expect(kit.snapshot().requests).toMatchObject({ total: 2, answered: 0 })
})
