import { FastifyAdapter } from '@nestjs/platform-fastify'
import { onNest } from './on-nest.mjs'

export default onNest(
  () => new FastifyAdapter(),
  (app) =>
    app
      .getHttpAdapter()
      .getInstance()
      .addContentTypeParser('*', (_request, _body, done) => done(null)),
)
