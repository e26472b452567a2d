import { Readable } from 'node:stream'
import { keepAlive } from 'keepalive-kit/fastify'
import { parts, sizeOf } from './answers.mjs'

/** Fastify 4 or 5, by the adapter. */
export const onFastify = (Fastify) => async (options) => {
  const app = Fastify()
  if (options) app.register(keepAlive(options))
  app.addContentTypeParser('*', (_request, _body, done) => done(null))
  app.get('/', (_request, reply) => reply.send('ok'))
  app.get('/stream', (_request, reply) => reply.send(Readable.from(parts())))
  app.post('/upload', async (request, reply) => reply.send(await sizeOf(request.raw)))
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { server: app.server, kit: options && app.keepAlive, close: () => app.close() }
}
