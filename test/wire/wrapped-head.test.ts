import { type RequestListener, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually } from '../support/within.ts'

// Every valid call of writeHead() sends the Connection: close of the cap, and nothing else in the head changes.

type Args = readonly unknown[]

const object = (): object => ({ 'Content-Length': 2, 'X-A': 'a' })
const flat = (): unknown[] => ['Content-Length', '2', 'X-A', 'a']
const nested = (): unknown[] => [
  ['Content-Length', '2'],
  ['X-A', 'a'],
]

const calls: Readonly<Record<string, () => Args>> = {
  '(status)': () => [200],
  '(status, undefined)': () => [200, undefined],
  '(status, undefined, undefined)': () => [200, undefined, undefined],
  '(status, message)': () => [200, 'Fine'],
  '(status, message, undefined)': () => [200, 'Fine', undefined],
  '(status, headers)': () => [200, object()],
  '(status, headers, undefined)': () => [200, object(), undefined],
  '(status, headers, undefined, undefined)': () => [200, object(), undefined, undefined],
  '(status, headers, null)': () => [200, object(), null],
  '(status, message, headers)': () => [200, 'Fine', object()],
  '(status, message, headers, undefined)': () => [200, 'Fine', object(), undefined],
  '(status, undefined, headers)': () => [200, undefined, object()],
  '(status, null, headers)': () => [200, null, object()],
  '(status, flat array)': () => [200, flat()],
  '(status, flat array, undefined)': () => [200, flat(), undefined],
  '(status, message, flat array)': () => [200, 'Fine', flat()],
  '(status, undefined, flat array)': () => [200, undefined, flat()],
  '(status, nested array)': () => [200, nested()],
  '(status, nested array, undefined)': () => [200, nested(), undefined],
  '(status, undefined, nested array)': () => [200, undefined, nested()],
  '(status, empty object, undefined)': () => [200, {}, undefined],
  '(status, empty array, undefined)': () => [200, [], undefined],
  '(status, frozen headers, undefined)': () => [200, Object.freeze(object()), undefined],
  '(status, headers without a prototype, undefined)': () => [
    200,
    Object.assign(Object.create(null), object()),
    undefined,
  ],
  '(status, headers with a keep-alive of their own, undefined)': () => [
    200,
    { ...object(), connection: 'keep-alive', 'keep-alive': 'timeout=9' },
    undefined,
  ],
  '(status, flat array with a keep-alive of its own, undefined)': () => [
    200,
    [...flat(), 'connection', 'keep-alive'],
    undefined,
  ],
  '(status, undefined, nested array with a keep-alive of its own, undefined)': () => [
    200,
    undefined,
    [...nested(), ['Connection', 'keep-alive']],
    undefined,
  ],
  '(status, headers with a close of their own, undefined)': () => [
    200,
    { ...object(), Connection: 'close' },
    undefined,
  ],
}

const apply = (res: ServerResponse, args: Args): ServerResponse =>
  (res.writeHead as (...args: Args) => ServerResponse).apply(res, args as unknown[])

/** A handler that responds with this call. */
const callOf =
  (args: () => Args): RequestListener =>
  (_req, res) =>
    void apply(res, args()).end('ok')

/** The bytes of the response, and how the connection ends. */
async function headOf(handler: RequestListener, isKit: boolean, tls: boolean): Promise<string> {
  const { port } = await serve(
    handler,
    (server) => isKit && makeKit({ maxRequests: 1 }).kit.attach(server),
    tls,
  )
  const client = await RawClient.open({ port, tls })
  client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  if (isKit) expect(await client.end()).toBe('FIN')
  else await eventually(() => /ok(\r\n0\r\n\r\n)?$/.test(client.text), 'the answer')
  client.close()
  return client.text
}

const connectionLines = (text: string): string[] => text.match(/^(connection|keep-alive):.*$/gim) ?? []

/** A head without Connection, Keep-Alive and Date. */
const rest = (text: string): string => text.replace(/^(connection|keep-alive|date):.*\r\n/gim, '')

describe.each([
  ['http', false],
  ['https', true],
])('a capped answer over %s', (_, tls) => {
  it.each(Object.entries(calls))('says close once by writeHead%s', async (_call, args) => {
    const withKit = await headOf(callOf(args), true, tls)
    expect(connectionLines(withKit).map((line) => line.toLowerCase())).toEqual(['connection: close'])
    expect(rest(withKit)).toBe(rest(await headOf(callOf(args), false, tls)))
  })
})

describe('a response at the cap', () => {
  // Node rejects nested arrays if a header is already set.
  const besideSet = Object.entries(calls).filter(([call]) => !call.includes('nested'))

  it.each(besideSet)('says close once beside setHeader, by writeHead%s', async (_call, args) => {
    const handler: RequestListener = (_req, res) => {
      res.setHeader('X-B', 'b')
      res.setHeader('Keep-Alive', 'timeout=9')
      apply(res, args()).end('ok')
    }
    const withKit = await headOf(handler, true, false)
    expect(connectionLines(withKit).map((line) => line.toLowerCase())).toEqual(['connection: close'])
    expect(withKit).toContain('X-B: b\r\n')
  })

  it('says close once through a wrapper that hands on three arguments', async () => {
    const handler: RequestListener = (_req, res) => {
      for (let i = 0; i < 3; i++) {
        const { writeHead } = res as { writeHead: (...args: unknown[]) => ServerResponse }
        // As compression and session middleware do.
        Object.assign(res, {
          writeHead: (status: unknown, reason: unknown, headers: unknown) =>
            writeHead.apply(res, [status, reason, headers]),
        })
      }
      res.writeHead(200, { 'Content-Length': 2 }).end('ok')
    }
    const withKit = await headOf(handler, true, false)
    expect(connectionLines(withKit)).toEqual(['Connection: close'])
    expect(rest(withKit)).toBe(rest(await headOf(handler, false, false)))
  })

  it('says close once through a response class that hands on three arguments', async () => {
    class Wrapped extends ServerResponse {
      override writeHead(status: number, reason?: unknown, headers?: unknown): this {
        return super.writeHead(status, reason as string, headers as Record<string, string>)
      }
    }
    const handler: RequestListener = (_req, res) =>
      void res.writeHead(200, { 'Content-Length': '2' }).end('ok')
    const { port } = await serve(handler, makeKit({ maxRequests: 1 }).kit.attach, false, {
      ServerResponse: Wrapped as typeof ServerResponse,
    })
    const client = await RawClient.open({ port })
    expect((await client.get()).headers).toMatchObject({ connection: 'close', 'content-length': '2' })
    expect(connectionLines(client.text)).toEqual(['Connection: close'])
    expect(await client.end()).toBe('FIN')
    client.close()
  })

  it.each([
    ['an object', object],
    ['a flat array', flat],
    ['a nested array', nested],
  ])("leaves the app's headers as they are: %s", async (_, make) => {
    const shared = make()
    const { kit } = makeKit({ maxRequests: 2 })
    const { port } = await serve(
      callOf(() => [200, shared, undefined]),
      kit.attach,
    )
    for (let connection = 0; connection < 2; connection++) {
      const client = await RawClient.open({ port })
      expect((await client.get()).headers.connection).toBe('keep-alive')
      expect((await client.get()).headers.connection).toBe('close')
      expect(await client.end()).toBe('FIN')
      client.close()
    }
    expect(shared).toEqual(make())
  })
})

it.each(Object.entries(calls))('a drain says close once by writeHead%s', async (_, args) => {
  const { kit } = makeKit()
  let answer: (() => void) | undefined
  const { server, port } = await serve((_req, res) => {
    answer = () => void apply(res, args()).end('ok')
  }, kit.attach)
  const client = await RawClient.open({ port })
  client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  await eventually(() => answer !== undefined, 'the request')
  const drained = kit.drain()
  await eventually(() => !server.listening, 'the drain to begin')
  answer!()
  expect(await client.end()).toBe('FIN')
  client.close()
  expect(connectionLines(client.text).map((line) => line.toLowerCase())).toEqual(['connection: close'])
  expect(await drained).toMatchObject({ answered: 1 })
})
