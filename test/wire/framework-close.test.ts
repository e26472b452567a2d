import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { createHttpTerminator } from 'http-terminator'
import { describe, expect, it } from 'vitest'
import { keepAlive as plugin } from '../../src/adapters/fastify.ts'
import { type Attach, close, get, open, setUp, waiting } from '../support/closing.ts'
import { makeKit } from '../support/kit.ts'
import { certificate } from '../support/tls.ts'
import { eventually, within } from '../support/within.ts'

const plainOptions = { keepAliveTimeout: 500 }

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_, tls) => {
  /** The time to close with a request under way, the head of another one, and an idle connection. */
  async function timed(server: Server, app: ReturnType<typeof waiting>, shutDown: () => Promise<unknown>) {
    const { port } = server.address() as AddressInfo
    const [slow, stream, idle] = [await open(port, tls), await open(port, tls), await open(port, tls)]
    for (const client of [slow, stream, idle]) await client.get()
    slow.write(get('/slow'))
    stream.write(get('/stream'))
    await eventually(() => app.responses.length === 2 && stream.text.includes('begun'), 'both requests')
    const begun = performance.now()
    const over = shutDown()
    await eventually(() => !server.listening, 'the server to stop listening')
    app.release()
    await within(8_000, 'the shutdown', over)
    const took = performance.now() - begun
    return { took, slow: slow.responses[1], stream: stream.responses[1] }
  }

  const answered = { slow: { body: 'done', headers: { connection: 'close' } }, stream: { body: 'begundone' } }

  async function makeFastify(app: ReturnType<typeof waiting>): Promise<FastifyInstance> {
    const options = tls ? { https: await certificate() } : {}
    const fastify = Fastify(options as object) as unknown as FastifyInstance
    fastify.get('/*', (request, reply) => {
      reply.hijack()
      app.handler(request.raw, reply.raw)
    })
    return fastify
  }

  it("Fastify's close() is quicker than without the kit", async () => {
    const run = async (isPlain: boolean) => {
      const app = waiting()
      const fastify = await makeFastify(app)
      if (isPlain) Object.assign(fastify.server, plainOptions)
      else await fastify.register(plugin(makeKit().kit))
      await fastify.listen({ port: 0, host: '127.0.0.1' })
      return timed(fastify.server, app, () => fastify.close())
    }
    const [plain, kit] = await Promise.all([run(true), run(false)])
    expect(kit).toMatchObject(answered)
    expect(kit.took).toBeLessThan(plain.took)
  })

  it.each<[string, (server: Server) => Promise<unknown>]>([
    ['close()', (server) => close(server).took],
    [
      'close() and closeIdleConnections()',
      (server) => {
        const { took } = close(server)
        server.closeIdleConnections()
        return took
      },
    ],
  ])('a shutdown by %s is no slower than on plain Node', async (_, shutDown) => {
    const run = async (isPlain: boolean) => {
      const attach = isPlain ? (server: Server) => Object.assign(server, plainOptions) : undefined
      const { server, ...app } = await setUp(tls, attach)
      return timed(server, app, () => shutDown(server))
    }
    const [plain, kit] = await Promise.all([run(true), run(false)])
    expect(kit).toMatchObject(answered)
    expect(kit.took).toBeLessThan(plain.took + 300)
    expect(kit.took).toBeLessThan(2_500)
  })

  it('a termination by http-terminator is no slower than on plain Node', async () => {
    const run = async (attach?: Attach) => {
      let terminate: () => Promise<void> = async () => {}
      const { server, port, responses, release } = await setUp(tls, (server, kit) => {
        ;({ terminate } = createHttpTerminator({ server, gracefulTerminationTimeout: 5_000 }))
        attach?.(server, kit)
      })
      const [slow, idle] = [await open(port, tls), await open(port, tls)]
      for (const client of [slow, idle]) await client.get()
      slow.write(get('/slow'))
      await eventually(() => responses.length === 1, 'the request')
      const begun = performance.now()
      const over = terminate()
      expect(await idle.end(1_000)).toBe('FIN')
      release()
      expect((await slow.until(2))[1]).toMatchObject({ body: 'done', headers: { connection: 'close' } })
      await within(7_000, 'the termination', over)
      expect(server.listening).toBe(false)
      return performance.now() - begun
    }
    const [plain, kit] = await Promise.all([run(), run((server, kit) => kit.attach(server))])
    expect(kit).toBeLessThan(plain + 500)
  })
})
