import { describe, expect, it } from 'vitest'
import type { RawClient } from '../../support/raw.ts'
import { type RawResponse, responsesIn } from '../../support/responses.ts'
import { eventually, sleep } from '../../support/within.ts'
import type { Bench } from './bench.ts'

type Kind = readonly [name: string, method: string, path: string, status: number]

/** Requests that each take another way through a framework. */
const withLength: readonly Kind[] = [
  ['an answer', 'GET', '/', 200],
  ['HEAD', 'HEAD', '/', 200],
  ["the framework's 404", 'GET', '/missing', 404],
  ['a handler that throws', 'GET', '/fail', 500],
]

/** Node keeps no HTTP/1.0 connection after a response without a length. */
const withoutLength: readonly Kind[] = [
  ['204', 'GET', '/nothing', 204],
  ['304', 'GET', '/same', 304],
  ['a stream', 'GET', '/stream', 200],
]

/** Sends a request and waits for its response, the `nth` on the connection. */
async function send(client: RawClient, head: string, nth: number): Promise<RawResponse> {
  const responses = (): RawResponse[] => responsesIn(client.text, { head: head.startsWith('HEAD') })
  client.write(`${head}\r\n\r\n`)
  await eventually(() => responses().length >= nth, `response ${nth}`)
  return responses()[nth - 1]!
}

/** The caps: exact, told to the client, and enforced on a response only. */
export function caps(bench: Bench): void {
  describe.each([
    ['HTTP/1.1', 'HTTP/1.1\r\nHost: test', [...withLength, ...withoutLength]],
    ['HTTP/1.0', 'HTTP/1.0\r\nConnection: keep-alive', withLength],
  ])('maxRequests over %s', (_, version, of) => {
    it.each(of)('counts and caps %s', async (_name, method, path, status) => {
      const { client, nextClosed, served } = await bench.start({ maxRequests: 3 })
      const raw = await client()
      const responses = []
      for (const nth of [1, 2, 3]) responses.push(await send(raw, `${method} ${path} ${version}`, nth))
      expect(responses.map((response) => response.status)).toEqual([status, status, status])
      expect(responses.map(({ headers }) => headers.connection)).toEqual([
        'keep-alive',
        'keep-alive',
        'close',
      ])
      expect(responses.map(({ headers }) => headers['keep-alive'])).toEqual([
        'timeout=65, max=2',
        'timeout=65, max=1',
        undefined,
      ])
      expect(await raw.end()).toBe('FIN')
      raw.close()
      expect(await nextClosed()).toMatchObject({ reason: 'max-requests', closedBy: 'server', requests: 3 })
      expect(served).toEqual([path, path, path])
    })
  })

  it('maxAge closes on a response, never an idle connection', async () => {
    const { client, nextClosed } = await bench.start({ maxAge: 300 })
    const raw = await client()
    expect((await raw.get()).headers['keep-alive']).toBe('timeout=65')
    await sleep(450)
    expect(raw.ended).toBeUndefined()
    const last = await raw.get()
    expect(last).toMatchObject({ body: 'ok', headers: { connection: 'close' } })
    expect(last.headers).not.toHaveProperty('keep-alive')
    expect(await raw.end()).toBe('FIN')
    raw.close()
    expect(await nextClosed()).toMatchObject({ reason: 'max-age', closedBy: 'server', requests: 2 })
  })
}
