import { once } from 'node:events'
import { Agent, createServer } from 'node:http'
import express from 'express5'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { keepAlive } from 'keepalive-kit'
import { answer, closer, sayBack } from './answers.mjs'

export default async function make(options) {
  const backend = createServer(answer).on('upgrade', sayBack)
  backend.listen(0, '127.0.0.1')
  await once(backend, 'listening')
  const target = `http://127.0.0.1:${backend.address().port}`
  // Without an agent each of its requests says close, and it hands on the close of each response.
  const proxy = createProxyMiddleware({ target, ws: true, agent: new Agent({ keepAlive: true }) })
  const app = express()
  const kit = options && keepAlive(options)
  if (kit) app.use(kit)
  app.use(proxy)
  const server = createServer(app).on('upgrade', proxy.upgrade)
  return { server, kit, close: closer(server) }
}
