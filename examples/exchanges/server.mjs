// An Express app with the kit, which prints the timeline and the reason of each connection that closes.
import { once } from 'node:events'
import express from 'express'
import { keepAlive, timelineLines } from 'keepalive-kit'

/** @param handler - answers GET /. */
export async function listen(options, handler = (_req, res) => res.send('ok\n')) {
  let done
  const closed = new Promise((resolve) => {
    done = resolve
  })
  const log = ({ id, reason, closedBy, late }) => {
    console.log(['', 'server:', ...timelineLines(connections.timeline(id))].join('\n'))
    console.log(`reason ${reason}, by the ${closedBy}, late ${late}`)
    done()
  }
  const connections = keepAlive({ ...options, log })
  const app = express()
  app.use(connections)
  app.get('/', handler)
  const server = app.listen(0, '127.0.0.1')
  connections.attach(server)
  await once(server, 'listening')
  return { server, connections, port: server.address().port, closed }
}
