import type Fastify from 'fastify'
import { onTestFinished } from 'vitest'
import { keepAlive } from '../../../src/adapters/fastify.ts'
import { stop } from '../../support/server.ts'
import { certificate } from '../../support/tls.ts'
import type { Framework } from './framework.ts'

/** Fastify, in any of its versions. */
export function onFastify(make: typeof Fastify): Framework {
  return {
    attaches: 'when the app is made',
    async build(answers, kit, tls) {
      const app = make({ https: tls ? await certificate() : null })
      if (kit) app.register(keepAlive(kit))
      // Its own parsers would wait for the whole body before the handler runs.
      app.addContentTypeParser('*', (_request, _body, done) => done(null))
      app.all('*', (request, reply) => {
        const answer = answers(request.raw)
        return answer ? reply.code(answer.status).send(answer.body) : reply.callNotFound()
      })
      await app.ready()
      onTestFinished(() => stop(app.server))
      return app.server
    },
  }
}
