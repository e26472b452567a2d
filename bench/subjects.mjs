import { createWriteStream } from 'node:fs'
import { createServer } from 'node:http'

/**
 * What is measured. A subject with a `base` is compared with it; one with a `bar` has to stay within that many
 * times its base's CPU per request. `make` gives a server, not yet listening, and imports what it needs itself:
 * each subject runs in a process of its own.
 *
 * @typedef {object} Subject
 * @property {string} about
 * @property {string} [base] - the id of the subject that it is compared with
 * @property {number} [bar]
 * @property {() => Promise<import('node:http').Server>} make
 */

/** @type {Readonly<Record<string, Subject>>} by id */
export const subjects = {
  http: { about: 'bare node:http', make: async () => createServer(answer) },
  'http-kit': { about: 'kit attached', base: 'http', bar: 1.05, make: () => attached({}) },
  'http-kit-caps': {
    about: 'kit attached, maxRequests and maxAge',
    base: 'http',
    make: () => attached({ maxRequests: 10_000, maxAge: 600_000 }),
  },
  'http-on-finished': {
    about: 'on-finished',
    base: 'http',
    async make() {
      const { default: onFinished } = await import('on-finished')
      return before((_req, res) => onFinished(res, nothing))
    },
  },
  'http-morgan': {
    about: 'morgan combined, to /dev/null',
    base: 'http',
    async make() {
      const { default: morgan } = await import('morgan')
      const log = morgan('combined', { stream: createWriteStream('/dev/null') })
      return before((req, res) => log(req, res, nothing))
    },
  },
  'http-pino': {
    about: 'pino-http, to /dev/null',
    base: 'http',
    async make() {
      const { default: pino } = await import('pino')
      const { default: pinoHttp } = await import('pino-http')
      return before(pinoHttp({}, pino.destination('/dev/null')))
    },
  },
  express: { about: 'bare Express 5', make: () => express() },
  'express-kit': {
    about: 'kit as middleware',
    base: 'express',
    async make() {
      const { keepAlive } = await import('keepalive-kit')
      return express(keepAlive())
    },
  },
  'express-on-finished': {
    about: 'on-finished',
    base: 'express',
    async make() {
      const { default: onFinished } = await import('on-finished')
      return express((_req, res, next) => {
        onFinished(res, nothing)
        next()
      })
    },
  },
  'express-morgan': {
    about: 'morgan combined, to /dev/null',
    base: 'express',
    async make() {
      const { default: morgan } = await import('morgan')
      return express(morgan('combined', { stream: createWriteStream('/dev/null') }))
    },
  },
  'express-prom-bundle': {
    about: 'express-prom-bundle',
    base: 'express',
    async make() {
      const { default: bundle } = await import('express-prom-bundle')
      return express(bundle({ includeMethod: true }))
    },
  },
}

function answer(req, res) {
  req.resume()
  res.end('ok')
}

function nothing() {}

/** A plain server on which `handler` sees each request before it is answered. */
function before(handler) {
  return createServer((req, res) => {
    handler(req, res)
    answer(req, res)
  })
}

async function attached(options) {
  const { keepAlive } = await import('keepalive-kit')
  const server = createServer(answer)
  keepAlive(options).attach(server)
  return server
}

async function express(...middleware) {
  const { default: makeApp } = await import('express')
  const app = makeApp()
  for (const handler of middleware) app.use(handler)
  app.get('/', answer)
  return createServer(app)
}
