// Makes the mistakes in code, one after another, and prints the answers to each: a list of lists of lines, as JSON.
import { createServer, Server } from 'node:http'
import express from 'express'
import Fastify from 'fastify'
import { keepAlive } from 'keepalive-kit'
import { dashboard } from 'keepalive-kit/dashboard'
import * as forFastify from 'keepalive-kit/fastify'
import Koa from 'koa'

/** The timers of the code. They run after the requests are answered. */
let later = []
const setTimeout = (callback) => void later.push(callback)

const scope = { createServer, dashboard, express, Fastify, forFastify, keepAlive, Koa, setTimeout }
const AsyncFunction = (async () => {}).constructor

/** Servers listen on free ports, and get one request. */
const { listen } = Server.prototype
let requested = []
Server.prototype.listen = function () {
  const answered = new Promise((done) => {
    this.once('listening', () => {
      fetch(`http://127.0.0.1:${this.address().port}/`, { headers: { connection: 'close' } })
        .then((response) => response.text())
        .finally(() => this.close(done))
    })
  })
  requested.push(answered)
  return Reflect.apply(listen, this, [0, '127.0.0.1'])
}

let said = []
process.on('warning', ({ name, code, message }) => said.push(`[${code}] ${name}: ${message}`))

const answers = []
for (const code of JSON.parse(process.argv[2])) {
  said = []
  requested = []
  later = []
  try {
    await new AsyncFunction(...Object.keys(scope), code)(...Object.values(scope))
    await Promise.all(requested)
    for (const callback of later) callback()
    // Node emits a warning in the next tick.
    await new Promise(setImmediate)
  } catch (error) {
    said.push(`${error.name}: ${error.message}`)
  }
  answers.push(said)
}
console.log(JSON.stringify(answers))
process.exit()
