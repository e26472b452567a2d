import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import connect from 'connect'
import express from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import Koa from 'koa'
import morgan from 'morgan'
import { pinoHttp } from 'pino-http'
import { expect, expectTypeOf, it } from 'vitest'
import { keepAlive as forFastify } from '../../src/adapters/fastify.ts'
import { keepAlive as forKoa } from '../../src/adapters/koa.ts'
import { dashboard } from '../../src/dashboard/dashboard.ts'
import { type KeepAlive, type KeepAliveOptions, keepAlive } from '../../src/index.ts'
import { registerTokens } from '../../src/reporters/morgan.ts'
import { type ConnectionProps, connectionProps, withOutcome } from '../../src/reporters/pino.ts'

// Compiling is the test: each line is what users write.

it('Express and connect take a kit as middleware', () => {
  express().use(keepAlive())
  express().use('/path', keepAlive({ behind: 'aws-alb' }))
  express().get('/', keepAlive(), (_req, res) => void res.send('ok'))
  connect().use(keepAlive())
})

it('Koa takes options, a kit or nothing', () => {
  new Koa().use(forKoa())
  new Koa<{ user: string }, { extra: number }>().use(forKoa({ behind: 'nginx' }))
  new Koa().use(forKoa(keepAlive()))
  expectTypeOf(forKoa().keepAlive).toEqualTypeOf<KeepAlive>()
  expectTypeOf(forKoa).parameter(0).toEqualTypeOf<KeepAliveOptions | KeepAlive | undefined>()
  // @ts-expect-error an unknown option
  expect(() => forKoa({ maxRequest: 1 })).toThrow('maxRequests')
})

it('Fastify takes options, a kit or nothing', async () => {
  const app = Fastify()
  app.register(forFastify())
  expectTypeOf(app.keepAlive).toEqualTypeOf<KeepAlive>()
  expectTypeOf(forFastify).parameter(0).toEqualTypeOf<KeepAliveOptions | KeepAlive | undefined>()
  Fastify({ https: {} }).register(forFastify({ behind: 'nginx' }))
  await Fastify({ logger: true }).register(forFastify(keepAlive()))
  // @ts-expect-error an unknown option
  expect(() => forFastify({ maxRequest: 1 })).toThrow('maxRequests')
})

it('morgan stays morgan', () => {
  expectTypeOf(registerTokens(morgan)).toEqualTypeOf<typeof morgan>()
  express().use(registerTokens(morgan)('apache-keepalive'))
})

it('pino-http takes the props and the outcome', () => {
  express().use(
    pinoHttp({
      customProps: connectionProps,
      customSuccessObject: withOutcome,
      customErrorObject: withOutcome,
    }),
  )
  expectTypeOf(connectionProps).toEqualTypeOf<
    (req: IncomingMessage, res: ServerResponse) => Partial<ConnectionProps>
  >()
})

it('the page is mounted in every framework', () => {
  const kit = keepAlive()
  const page = dashboard(kit, {
    authorize: async (req) => req.method === 'GET',
    viewers: 5,
    path: '/keepalive',
  })
  express().use('/keepalive', page)
  express4().use('/keepalive', page)
  connect().use('/keepalive', page)
  createServer((req, res) => page(req, res))
  new Koa().use(page.koa)
  Fastify().register(page.fastify, { prefix: '/keepalive' })
  Fastify({ https: {}, logger: true }).register(page.fastify)
  page.close()
  // @ts-expect-error an unknown option
  expect(() => dashboard(kit, { viewer: 5 })).toThrow('viewers')
  // @ts-expect-error no kit
  expect(() => dashboard({})).toThrow('takes what keepAlive() returned')
})
