import { createWriteStream } from 'node:fs'
import { createRequire } from 'node:module'

/**
 * The measured subjects. A subject with a `base` is compared with it. With a `bar`, its CPU per request must stay within this
 * multiple of its base's.
 *
 * @typedef {object} Subject
 * @property {string} about
 * @property {string} [base] - the id of the subject that it is compared with
 * @property {number} [bar]
 * @property {Traffic} [traffic] - also for its base
 * @property {(create: (listener: import('node:http').RequestListener) => import('node:http').Server) => unknown} make -
 *   creates the server, not yet listening. It imports its own modules, because each subject runs in its own process.
 *
 * @typedef {object} Traffic
 * @property {boolean} [tls]
 * @property {boolean} [h2] - HTTP/2, over TLS or h2c; by h2load
 * @property {boolean} [closes] - a connection for each request
 * @property {string} [path] - `/64k` for a large answer; a small one otherwise
 * @property {boolean} [scraped] - metrics are scraped once in each second of load
 */

/** The kit as an operator runs it. */
const caps = { maxRequests: 10_000, maxAge: 600_000, maxIdle: 1_000 }

/** @type {Readonly<Record<string, Subject>>} by id */
export const subjects = {
  ...besideBare('http', 'small answers', {}, 1.03),
  'http-again': {
    about: 'the same once more: how far noise goes',
    base: 'http',
    make: (create) => create(answer),
  },
  'http-kit-caps': {
    about: 'kit: maxRequests, maxAge, maxIdle, scraped by Prometheus',
    base: 'http',
    bar: 1.05,
    traffic: { scraped: true },
    make: scrapedKit,
  },
  'http-terminator': {
    about: 'http-terminator',
    base: 'http',
    async make(create) {
      const { createHttpTerminator } = await import('http-terminator')
      const server = create(answer)
      createHttpTerminator({ server })
      return server
    },
  },
  'http-on-finished': {
    about: 'on-finished',
    base: 'http',
    async make(create) {
      const { default: onFinished } = await import('on-finished')
      return create(before((_req, res) => onFinished(res, nothing)))
    },
  },
  'http-morgan': {
    about: 'morgan combined, to /dev/null',
    base: 'http',
    async make(create) {
      const { default: morgan } = await import('morgan')
      const log = morgan('combined', { stream: createWriteStream('/dev/null') })
      return create(before((req, res) => log(req, res, nothing)))
    },
  },
  'http-pino': {
    about: 'pino-http, to /dev/null',
    base: 'http',
    async make(create) {
      const { default: pino } = await import('pino')
      const { default: pinoHttp } = await import('pino-http')
      return create(before(pinoHttp({}, pino.destination('/dev/null'))))
    },
  },
  'http-opentelemetry': {
    about: 'OpenTelemetry: instrumentation-http, spans in batches to nowhere, metrics',
    base: 'http',
    async make(create) {
      await instrument()
      return create(answer)
    },
  },

  express: { about: 'bare Express 5', make: (create) => express(create) },
  'express-kit': {
    about: 'kit as middleware',
    base: 'express',
    bar: 1.02,
    async make(create) {
      const { keepAlive } = await import('keepalive-kit')
      return express(create, keepAlive())
    },
  },
  'express-nothing': {
    about: 'a middleware that does nothing',
    base: 'express',
    make: (create) => express(create, (_req, _res, next) => next()),
  },
  'express-on-finished': {
    about: 'on-finished',
    base: 'express',
    async make(create) {
      const { default: onFinished } = await import('on-finished')
      return express(create, (_req, res, next) => {
        onFinished(res, nothing)
        next()
      })
    },
  },
  'express-morgan': {
    about: 'morgan combined, to /dev/null',
    base: 'express',
    async make(create) {
      const { default: morgan } = await import('morgan')
      return express(create, morgan('combined', { stream: createWriteStream('/dev/null') }))
    },
  },
  'express-prom-bundle': {
    about: 'express-prom-bundle',
    base: 'express',
    async make(create) {
      const { default: bundle } = await import('express-prom-bundle')
      return express(create, bundle({ includeMethod: true }))
    },
  },

  ...besideBare('http-close', 'a connection per request', { closes: true }, 1.1),
  'http-close-terminator': {
    about: 'http-terminator',
    base: 'http-close',
    make: (create) => subjects['http-terminator'].make(create),
  },
  ...spinning('http', 1),
  ...spinning('http-close', 12),
  ...besideBare('http-64k', 'answers of 64 kB', { path: '/64k' }),
  ...besideBare('https', 'https', { tls: true }),
  ...besideBare('https-64k', 'https, answers of 64 kB', { tls: true, path: '/64k' }),
  ...besideBare('h2c', 'HTTP/2 without TLS', { h2: true }, 1.05),
  'h2c-kit-caps': {
    about: 'kit: maxRequests, maxAge, maxIdle',
    base: 'h2c',
    bar: 1.05,
    async make(create) {
      const { keepAlive } = await import('keepalive-kit')
      const server = create(answer)
      keepAlive({ ...caps, maxRequests: 1e9 }).attach(server)
      return server
    },
  },
  ...besideBare('h2', 'HTTP/2', { h2: true, tls: true }, 1.05),
  ...besideBare('https-close', 'https, a connection per request', { tls: true, closes: true }),
}

/** The traffic for a subject. */
export function trafficOf(id) {
  const { base, traffic } = subjects[id]
  return { ...subjects[base]?.traffic, ...traffic }
}

/** Creates the server of a subject, once per process. */
export async function makeServer(id) {
  const { tls, h2 } = trafficOf(id)
  // After the subject has imported its modules: some must come before node:http.
  const certificate = tls && (await makeCertificate())
  const create = (listener) => {
    if (h2) {
      const http2 = require('node:http2')
      return tls ? http2.createSecureServer(certificate, listener) : http2.createServer(listener)
    }
    return tls
      ? require('node:https').createServer(certificate, listener)
      : require('node:http').createServer(listener)
  }
  return subjects[id].make(create)
}

/** Number of requests that the process has answered. */
export const answered = () => count

const require = createRequire(import.meta.url)
const large = Buffer.alloc(65_536, 'x')
let count = 0

function answer(req, res) {
  count++
  req.resume()
  res.end(req.url === '/64k' ? large : 'ok')
}

function nothing() {}

/** A server that does nothing for a known time in each request: whether the bench finds just that. */
function spinning(base, microseconds) {
  const end = BigInt(microseconds) * 1_000n
  const listener = (req, res) => {
    const begunAt = process.hrtime.bigint()
    while (process.hrtime.bigint() - begunAt < end);
    answer(req, res)
  }
  return {
    [`${base}-spin`]: {
      about: `a server that works ${microseconds} µs longer`,
      base,
      make: (create) => create(listener),
    },
  }
}

/** The kit attached to a plain server, and the plain server itself. */
function besideBare(id, about, traffic, bar) {
  return {
    [id]: { about: `bare Node: ${about}`, traffic, make: (create) => create(answer) },
    [`${id}-kit`]: {
      about: 'kit attached',
      base: id,
      ...(bar && { bar }),
      async make(create) {
        const { keepAlive } = await import('keepalive-kit')
        const server = create(answer)
        keepAlive().attach(server)
        return server
      },
    },
  }
}

async function scrapedKit(create) {
  const { keepAlive } = await import('keepalive-kit')
  const { collectMetrics } = await import('keepalive-kit/prometheus')
  const { register } = await import('prom-client')
  const scrape = async (res) =>
    res.setHeader('Content-Type', register.contentType).end(await register.metrics())
  // Not async: a promise for each request would not be a cost of the kit.
  const server = create((req, res) => {
    if (req.url === '/metrics') scrape(res)
    else answer(req, res)
  })
  collectMetrics(keepAlive(caps).attach(server), register)
  return server
}

async function instrument() {
  const { registerInstrumentations } = await import('@opentelemetry/instrumentation')
  const { HttpInstrumentation } = await import('@opentelemetry/instrumentation-http')
  const { BasicTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const { MeterProvider, PeriodicExportingMetricReader } = await import('@opentelemetry/sdk-metrics')
  const nowhere = {
    export: (_data, done) => done({ code: 0 }),
    forceFlush: async () => {},
    shutdown: async () => {},
  }
  registerInstrumentations({
    instrumentations: [new HttpInstrumentation()],
    tracerProvider: new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(nowhere)] }),
    meterProvider: new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: nowhere })] }),
  })
}

/** A listener through which `handler` sees each request before it is answered. */
function before(handler) {
  return (req, res) => {
    handler(req, res)
    answer(req, res)
  }
}

async function express(create, ...middleware) {
  const { default: makeApp } = await import('express')
  const app = makeApp()
  for (const handler of middleware) app.use(handler)
  app.get('/', answer)
  return create(app)
}

/** P-256: the cheapest common handshake, so the one for which the kit's share is largest. */
async function makeCertificate() {
  const { generate } = await import('selfsigned')
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
  })
  return { key, cert }
}
