import { createServer } from 'node:http'
import { keepAlive } from 'keepalive-kit'
import { answer, closer } from './answers.mjs'

/** Express 4 or 5: the kit is middleware. */
export const onExpress = (express) => (options) => {
  const app = express()
  const kit = options && keepAlive(options)
  if (kit) app.use(kit)
  app.use(answer)
  const server = createServer(app)
  return { server, kit, close: closer(server) }
}
