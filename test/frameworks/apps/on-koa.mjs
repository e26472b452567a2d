import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { keepAlive } from 'keepalive-kit/koa'
import { closer, parts, sizeOf } from './answers.mjs'

/** Koa 2 or 3, by the adapter. */
export const onKoa = (Koa) => (options) => {
  const app = new Koa()
  const middleware = options && keepAlive(options)
  if (middleware) app.use(middleware)
  app.use(async (ctx) => {
    if (ctx.path === '/upload') ctx.body = await sizeOf(ctx.req)
    else ctx.body = ctx.path === '/stream' ? Readable.from(parts()) : 'ok'
  })
  const server = createServer(app.callback())
  return { server, kit: middleware?.keepAlive, close: closer(server) }
}
