import { Readable } from 'node:stream'
import type express from 'express'
import { type Framework, onNode } from './framework.ts'

/** Express, in any of its versions. */
export function onExpress(make: typeof express): Framework {
  return {
    attaches: 'at the first request',
    build: onNode((answers, kit) => {
      const app = make()
      if (kit) app.use(kit)
      app.use((req, res, next) => {
        const answer = answers(req)
        if (!answer) return next()
        res.status(answer.status)
        if (answer.body instanceof Readable) answer.body.pipe(res)
        else res.send(answer.body)
      })
      return app
    }),
  }
}
