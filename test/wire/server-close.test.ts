import { describe, expect, it } from 'vitest'
import { type Attach, type Closing, close, get, open, setUp, wiring } from '../support/closing.ts'
import type { RawClient } from '../support/raw.ts'
import { numbersAddUp } from '../support/sums.ts'
import { eventually, sleep, within } from '../support/within.ts'

// Frameworks call `close()`, and orchestrators kill a process that takes too long.

describe.each([
  ['http', false],
  ['https', true],
])('close() over %s', (_, tls) => {
  it.each(wiring)(
    'with a request under way is quicker than on plain Node, with the kit %s',
    async (_, attach) => {
      const run = async (attach: Attach): Promise<{ took: number; connection: string | undefined }> => {
        const { server, responses, release, port } = await setUp(tls, attach)
        const client = await open(port, tls)
        await client.get()
        client.write(get('/slow'))
        await eventually(() => responses.length === 1, 'the request')
        const { took } = close(server)
        release()
        const [, response] = await client.until(2)
        await client.end()
        return { took: await within(5_000, 'close()', took), connection: response!.headers.connection }
      }
      const [plain, kit] = await Promise.all([
        // An idle timeout of 1.5 s, including a buffer of 1 s on Node 20.
        run((server) => Object.assign(server, { keepAliveTimeout: 500 })),
        run(attach),
      ])
      expect(kit.connection).toBe('close')
      expect(kit.took).toBeLessThan(plain.took)
    },
  )

  it.each([0, 65_000])(
    'closes what goes idle after it, with a keepAliveTimeout of %i',
    async (keepAliveTimeout) => {
      const { kit, server, port, responses, release, nextClosed } = await setUp(tls, undefined, {
        keepAliveTimeout,
      })
      const client = await open(port, tls)
      client.write(get('/stream'))
      await eventually(() => client.text.includes('begun'), 'the head')
      expect(responses).toHaveLength(1)
      const { took } = close(server)
      release()
      expect(await client.end(1_000)).toBe('FIN')
      expect(client.responses).toMatchObject([{ body: 'begundone', headers: { connection: 'keep-alive' } }])
      await within(1_000, 'close()', took)
      expect(await nextClosed()).toMatchObject({ requests: 1, closedBy: 'server', late: 0 })
      numbersAddUp(kit)
    },
  )

  it('answers or resets a request that crosses the close', async () => {
    const { kit, server, release, nextClosed, port } = await setUp(tls)
    const client = await open(port, tls, true)
    client.write(get('/stream'))
    await eventually(() => client.text.includes('begun'), 'the head')
    const { took } = close(server)
    let isSent = false
    client.socket.on('data', () => {
      if (isSent || client.responses.length === 0) return
      isSent = true
      client.write(get())
    })
    release()
    expect(await client.end(1_500)).toBe('FIN')
    client.socket.end()
    await within(3_000, 'close()', took)
    const { late, requests } = await nextClosed()
    // The request is answered, or counted as late.
    expect(client.responses.length - 1 + late).toBe(1)
    expect(requests).toBe(client.responses.length)
    expect(kit.snapshot().requests.late).toBe(late)
  })

  it('does not wait for a client that never closes its side', async () => {
    const { server, port, responses, release } = await setUp(tls, undefined, { linger: 200 })
    const client = await open(port, tls, true)
    client.write(get('/slow'))
    await eventually(() => responses.length === 1, 'the request')
    const { took } = close(server)
    release()
    expect(await client.end(1_000)).toBe('FIN')
    await within(2_000, 'close()', took)
  })

  it('closes idle connections at once, as plain Node does', async () => {
    for (const attach of [() => {}, wiring[0]![1], wiring[1]![1]]) {
      const { server, port } = await setUp(tls, attach)
      const client = await open(port, tls)
      const clients = [client, await open(port, tls), await open(port, tls)]
      for (const each of clients) await each.get()
      const { took } = close(server)
      expect(await Promise.all(clients.map((each) => each.end(1_000)))).toEqual(['FIN', 'FIN', 'FIN'])
      await within(1_000, 'close()', took)
    }
  })

  it('answers the first request of a connection opened before, or closes it', async () => {
    const { kit, server, responses, port, release } = await setUp(tls)
    const client = await open(port, tls)
    client.write(get('/slow'))
    await eventually(() => responses.length === 1, 'the request')
    const silent = await open(port, tls)
    await eventually(() => kit.connections().length === 2, 'the silent connection')
    const { took } = close(server)
    // Node 26.4 and later closes it.
    silent.write(get())
    expect(await silent.end(1_500)).toBeDefined()
    for (const { headers } of silent.responses) expect(headers.connection).toBe('close')
    release()
    await within(1_500, 'close()', took)
    numbersAddUp(kit)
  })

  it('waits for a silent connection no longer than plain Node', async () => {
    const run = async (attach?: Attach): Promise<Closing & { silent: RawClient }> => {
      const { server, port } = await setUp(tls, attach)
      const silent = await open(port, tls)
      const client = await open(port, tls)
      await client.get()
      return { ...close(server), silent }
    }
    const [plain, kit] = await Promise.all([run(() => {}), run()])
    // Before 26.4 plain Node waits as long as the client.
    const waits = sleep(1_000).then(() => 'waits')
    if ((await Promise.race([plain.took, kit.took, waits])) === 'waits')
      for (const { silent } of [plain, kit]) silent.close()
    await within(1_000, 'close() with the kit', kit.took)
  })
})
