import type Koa from 'koa'
import { keepAlive } from '../../../src/adapters/koa.ts'
import { type Framework, onNode } from './framework.ts'

/** Koa, in any of its versions. */
export function onKoa(App: typeof Koa): Framework {
  return {
    attaches: 'at the first request',
    build: onNode((answers, kit) => {
      const app = new App()
      app.silent = true
      if (kit) app.use(keepAlive(kit))
      app.use((ctx, next) => {
        const answer = answers(ctx.req)
        if (!answer) return next()
        ctx.body = answer.body ?? null
        ctx.status = answer.status
      })
      return app.callback()
    }),
  }
}
