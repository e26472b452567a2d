import Koa from 'koa'
import request from 'supertest'
import { expect, it } from 'vitest'
import { keepAlive } from '../../../src/adapters/koa.ts'
import { keepAlive as makeKit } from '../../../src/index.ts'
import { makeServer } from '../../support/server.ts'

it('has the kit that it created', async () => {
  const middleware = keepAlive({ maxRequests: 9, jitter: 0 })
  const app = new Koa()
  app.use(middleware)
  app.use((ctx) => {
    ctx.body = 'ok'
  })
  const server = await makeServer(app.callback())
  await request(server).get('/').set('Connection', 'keep-alive').expect('Keep-Alive', 'timeout=65, max=8')
  expect(middleware.keepAlive.policy.maxRequests).toBe(9)
  expect(middleware.keepAlive.snapshot().requests.total).toBe(1)
})

it('has the kit that it got', () => {
  const kit = makeKit()
  expect(keepAlive(kit).keepAlive).toBe(kit)
})

it('has a name', () => {
  expect(keepAlive().name).toBe('keepAliveMiddleware')
})

it('returns the result of the next middleware, and passes on its errors', async () => {
  const errors: unknown[] = []
  const app = new Koa()
  app.on('error', (error) => errors.push(error.message))
  app.use(async (ctx, next) => {
    await next()
    ctx.set('X-After', 'yes')
  })
  app.use(keepAlive())
  app.use(async (ctx) => {
    await new Promise((done) => setImmediate(done))
    if (ctx.path === '/fail') ctx.throw(418, 'wanted')
    ctx.body = 'ok'
  })
  const server = await makeServer(app.callback())
  await request(server).get('/').expect(200, 'ok').expect('X-After', 'yes')
  await request(server).get('/fail').expect(418, 'wanted')
  expect(errors).toEqual(['wanted'])
})
