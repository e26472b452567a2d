// Koa 2 and 3. The middleware's property `keepAlive` is the kit.

import { connectionOf } from 'keepalive-kit'
import { keepAlive } from 'keepalive-kit/koa'
import Koa from 'koa'

const middleware = keepAlive({ behind: 'nginx' })

const app = new Koa()
app.use(middleware)

app.use((ctx) => {
  const connection = connectionOf(ctx.req)
  ctx.body = `request ${connection?.requests ?? 'without record'} of ${middleware.keepAlive.snapshot().requests.total}\n`
})

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
