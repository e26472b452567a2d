import { createRequire } from 'node:module'
import { answer, closer } from './answers.mjs'

// Tracers hook in where modules are required.
const require = createRequire(import.meta.url)

export default function make(options) {
  const { createServer } = require('node:http')
  const express = require('express5')
  const { keepAlive } = require('keepalive-kit')
  const app = express()
  const kit = options && keepAlive(options)
  if (kit) app.use(kit)
  app.use(answer)
  const server = createServer(app)
  return { server, kit, close: closer(server) }
}
