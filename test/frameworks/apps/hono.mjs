import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { stream } from 'hono/streaming'
import { keepAlive } from 'keepalive-kit'
import { closer, parts, sizeOf } from './answers.mjs'

export default function make(options) {
  const app = new Hono()
  app.get('/', (c) => c.text('ok'))
  app.get('/stream', (c) =>
    stream(c, async (to) => {
      for await (const part of parts()) await to.write(part)
    }),
  )
  app.post('/upload', async (c) => c.text(await sizeOf(c.req.raw.body)))
  const server = createAdaptorServer({ fetch: app.fetch })
  const kit = options && keepAlive(options)
  kit?.attach(server)
  return { server, kit, close: closer(server) }
}
