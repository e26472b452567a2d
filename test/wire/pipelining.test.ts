import { AsyncLocalStorage } from 'node:async_hooks'
import type { RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually, sleep } from '../support/within.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`
const post = (path: string, body = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** Answers with the path and the body; `/slow…` after a while, `/close…` with Connection: close. */
function recorder(): { readonly ran: string[]; readonly handler: RequestListener } {
  const ran: string[] = []
  return {
    ran,
    handler(req, res) {
      ran.push(req.url!)
      let body = ''
      req.on('data', (chunk) => {
        body += chunk
      })
      if (req.url!.startsWith('/close')) res.setHeader('Connection', 'close')
      const respond = (): void => void res.end(`${req.url} ${body}`.trim())
      req.on('end', () => (req.url!.includes('slow') ? setTimeout(respond, 20) : respond()))
    },
  }
}

describe.each([
  ['http', false],
  ['https', true],
])('pipelining over %s', (_, tls) => {
  it('answers all in order, one after another, with bodies', async () => {
    const { kit } = makeKit()
    const { ran, handler } = recorder()
    const { port } = await serve(handler, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    client.write(get('/slow1') + post('/2', 'two') + post('/slow3', 'three') + get('/4'))
    const responses = await client.until(4)
    expect(responses.map(({ body }) => body)).toEqual(['/slow1', '/2 two', '/slow3 three', '/4'])
    expect(ran).toEqual(['/slow1', '/2', '/slow3', '/4'])
    client.close()
  })

  it('drops and counts requests after a closing response', async () => {
    const { kit, nextClosed } = makeKit()
    const { ran, handler } = recorder()
    const { port } = await serve(handler, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    client.write(get('/slow1') + get('/close-slow2') + post('/3') + get('/4'))
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(client.responses.map(({ body }) => body)).toEqual(['/slow1', '/close-slow2'])
    expect(ran).toEqual(['/slow1', '/close-slow2'])
    expect(await nextClosed()).toMatchObject({ reason: 'app', requests: 2, dropped: 2, late: 0 })
    expect(kit.snapshot().requests).toMatchObject({ total: 2, dropped: 2 })
  })

  it('executes no request after the cap', async () => {
    const { kit, nextClosed } = makeKit({ maxRequests: 2 })
    const { ran, handler } = recorder()
    const { port } = await serve(handler, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    client.write(get('/1') + get('/2') + post('/3') + get('/4') + get('/5'))
    expect(await client.end()).toBe('FIN')
    client.close()
    expect(client.responses).toHaveLength(2)
    expect(ran).toEqual(['/1', '/2'])
    expect(await nextClosed()).toMatchObject({ reason: 'max-requests', requests: 2, dropped: 3 })
  })

  it('executes no request after the client asked to close', async () => {
    const { kit, nextClosed } = makeKit()
    const { ran, handler } = recorder()
    const { port } = await serve(handler, kit.attach, tls)
    const client = await RawClient.open({ port, tls })
    client.write(`GET /slow1 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n${get('/2')}`)
    await client.end()
    client.close()
    expect(ran).toEqual(['/slow1'])
    expect(await nextClosed()).toMatchObject({ requests: 1 })
  })
})

it('stops reading a connection that pipelines endlessly, and continues later', async () => {
  const { kit } = makeKit()
  let release: () => void = () => {}
  const { port } = await serve((req, res) => {
    if (req.url === '/first') release = () => res.end()
    else res.end(req.url === '/last' ? 'done' : '')
  }, kit.attach)
  const client = await RawClient.open({ port })
  const count = 100_000
  const requests = get('/first') + get('/').repeat(count) + get('/last')
  client.write(requests)
  await sleep(500)
  const { bytesRead } = kit.connections()[0]!
  expect(bytesRead).toBeLessThan(requests.length)
  release()
  await eventually(() => kit.snapshot().requests.answered === count + 2, 'the last response', 15_000)
  await eventually(() => client.text.endsWith('done'), 'the last response to arrive')
  expect(kit.snapshot().requests).toMatchObject({ total: count + 2, dropped: 0 })
  client.close()
})

it('drops held requests when the client disconnects', async () => {
  const { kit, nextClosed } = makeKit()
  const ran: string[] = []
  const { port } = await serve((req) => void ran.push(req.url!), kit.attach)
  const client = await RawClient.open({ port })
  client.write(get('/1') + get('/2'))
  await eventually(() => ran.length > 0, 'the first request')
  client.reset()
  expect(await nextClosed()).toMatchObject({ requests: 1, dropped: 1, reason: 'client-reset' })
  expect(ran).toEqual(['/1'])
})

it('passes on each request in its own async context', async () => {
  const { kit } = makeKit()
  const storage = new AsyncLocalStorage<string>()
  const found: (string | undefined)[] = []
  const { port } = await serve((req, res) => {
    found.push(storage.getStore())
    storage.run(req.url!, () => setTimeout(() => res.end('ok'), 5))
  }, kit.attach)
  const client = await RawClient.open({ port })
  client.write(get('/1') + get('/2') + get('/3'))
  await client.until(3)
  expect(found).toEqual([undefined, undefined, undefined])
  client.close()
})

it('does not change 100-continue', async () => {
  const { kit } = makeKit({ maxRequests: 2 })
  const { handler } = recorder()
  const { port } = await serve(handler, kit.attach)
  const client = await RawClient.open({ port })
  const head = 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n'
  client.write(head)
  await eventually(() => client.text.includes('100 Continue'), '100 Continue')
  client.write('hi')
  expect((await client.until(1))[0]!.body).toBe('/ hi')
  client.write(`${head}hi`)
  const [, second] = await client.until(2)
  expect(second).toMatchObject({ body: '/ hi', headers: { connection: 'close' } })
  expect(await client.end()).toBe('FIN')
  client.close()
})
