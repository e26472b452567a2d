// Fastify 5. The plugin replaces Fastify's own keepAliveTimeout of 72 s, and app.keepAlive is the kit.
import Fastify from 'fastify'
import { connectionOf } from 'keepalive-kit'
import { keepAlive } from 'keepalive-kit/fastify'

const app = Fastify()
app.register(keepAlive({ behind: 'aws-alb' }))

app.get('/', async (request) => {
  // app.inject() has no connection.
  const connection = connectionOf(request.raw)
  return `request ${connection?.requests ?? 'without record'} of ${app.keepAlive.snapshot().requests.total}\n`
})

console.log(await app.listen({ port: process.env.PORT ?? 3000, host: '127.0.0.1' }))
