import type { Server } from 'node:http'
import request, { type Test } from 'supertest'
import { expect, it, vi } from 'vitest'
import { type ConnectionInfo, keepAlive } from '../../../src/index.ts'
import type { Bench } from './bench.ts'

const timeouts = ({ keepAliveTimeout, headersTimeout, requestTimeout }: Server): object => ({
  keepAliveTimeout,
  headersTimeout,
  requestTimeout,
})

/** How the kit comes to its server, what the app sees of it, and how it leaves. */
export function attaching(bench: Bench): void {
  const get = (server: Server, path: string): Test =>
    request(server).get(path).set('Connection', 'keep-alive').disableTLSCerts()

  it(`attaches ${bench.framework.attaches}`, async () => {
    const { server } = await bench.start()
    if (bench.framework.attaches === 'at the first request') {
      expect(server.keepAliveTimeout).not.toBe(65_000)
      await get(server, '/').expect(200)
    }
    expect(server).toMatchObject({ keepAliveTimeout: 65_000, headersTimeout: 66_000 })
  })

  it('advertises the timeout in the very first response', async () => {
    const { server } = await bench.start()
    await get(server, '/')
      .expect(200, 'ok')
      .expect('Connection', 'keep-alive')
      .expect('Keep-Alive', 'timeout=65')
  })

  it('tells the handler its connection and request number', async () => {
    const { client } = await bench.start()
    const ask = async (each: { get(path: string): Promise<{ body: string }> }): Promise<ConnectionInfo> =>
      JSON.parse((await each.get('/facts')).body)
    const one = await client()
    const first = await ask(one)
    expect(first).toMatchObject({ requests: 1, reused: 0, idleBefore: 0, state: 'active', protocol: '1.1' })
    expect(first.tls).toBe(bench.tls ? 'TLSv1.3' : null)
    expect(await ask(one)).toMatchObject({ id: first.id, requests: 2, reused: 1 })
    const other = await ask(await client())
    expect(other.requests).toBe(1)
    expect(other.id).toBeGreaterThan(first.id)
  })

  it('leaves what the app answers as it was', async () => {
    const bare = await bench.startWith(undefined)
    const { server } = await bench.start()
    for (const path of ['/', '/stream', '/nothing', '/same', '/fail', '/missing']) {
      const [wanted, got] = await Promise.all([get(bare.server, path), get(server, path)])
      const facts = ({ status, text, headers }: typeof got): object => {
        const { date, 'keep-alive': keepAliveHeader, ...others } = headers
        return { status, text, others }
      }
      expect(facts(got)).toEqual(facts(wanted))
    }
  })

  it('lets no error of the log function reach a request', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const { server, client } = await bench.startWith(
      keepAlive({
        maxRequests: 1,
        log() {
          throw new Error('wanted')
        },
      }),
    )
    const capped = await client()
    expect((await capped.get()).body).toBe('ok')
    expect(await capped.end()).toBe('FIN')
    capped.close()
    await vi.waitFor(() => expect(warnings).toHaveBeenCalledTimes(1))
    expect(warnings.mock.lastCall![1]).toMatchObject({ code: 'KEEPALIVE_LOG_FAILED' })
    warnings.mockRestore()
    await get(server, '/').expect(200, 'ok')
  })

  it('gives the server its timeouts back on detach, and serves on', async () => {
    const bare = await bench.startWith(undefined)
    const { kit, server, client } = await bench.start()
    const open = await client()
    await open.get()
    expect(timeouts(server)).not.toEqual(timeouts(bare.server))
    kit.detach()
    expect(timeouts(server)).toEqual(timeouts(bare.server))
    expect((await open.get()).body).toBe('ok')
  })
}
