import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * What sends requests. Each is measured with and without `trackOutgoing()`.
 *
 * @type {Record<string, { about: string, make: (origin: string) => () => Promise<void> }>}
 */
export const clients = {
  http: {
    about: 'http.get, an Agent with keepAlive',
    make(origin) {
      const http = require('node:http')
      const agent = new http.Agent({ keepAlive: true })
      return () =>
        new Promise((done, fail) => {
          const finish = (res) => res.resume().on('end', done)
          http.get(origin, { agent }, finish).on('error', fail)
        })
    },
  },
  post: {
    about: 'http.request, POST with a body',
    make(origin) {
      const http = require('node:http')
      const agent = new http.Agent({ keepAlive: true })
      return () =>
        new Promise((done, fail) => {
          const finish = (res) => res.resume().on('end', done)
          http.request(origin, { agent, method: 'POST' }, finish).on('error', fail).end('{"a":1}')
        })
    },
  },
  fetch: {
    about: 'global fetch',
    make: (origin) => async () => void (await (await fetch(origin)).text()),
  },
  undici: {
    about: "undici's request, npm",
    make(origin) {
      const { Agent, request } = require('undici')
      const dispatcher = new Agent()
      return async () => void (await (await request(origin, { dispatcher })).body.dump())
    },
  },
}
