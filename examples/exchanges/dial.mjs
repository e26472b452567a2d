// A client that is only a socket, and records what happens on its connection.
import { connect } from 'node:net'
import { timelineLines } from 'keepalive-kit'

/** @param port - of a server on loopback, of which each response comes in one piece. */
export async function dial(port) {
  const began = performance.now()
  const events = []
  const note = (event, more) => events.push({ at: performance.now() - began, event, ...more })
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('connect', () => note('connected'))
  socket.on('data', (bytes) => note('response', { detail: bytes.toString().slice(9, 12) }))
  socket.on('end', () => note('fin', { by: 'server' }))
  socket.on('error', () => note('reset', { by: 'server' }))
  socket.on('close', () => note('closed'))
  const until = (event) => new Promise((done) => socket.once(event, done))
  await until('connect')
  const send = () => {
    note('request', { detail: 'GET /' })
    socket.write('GET / HTTP/1.1\r\nHost: example\r\n\r\n')
  }
  const end = () => {
    note('fin', { by: 'client' })
    socket.end()
  }
  const get = () => Promise.all([until('data'), send()])
  const print = () => console.log(['', 'client:', ...timelineLines(events)].join('\n'))
  return { socket, until, send, get, end, print }
}
