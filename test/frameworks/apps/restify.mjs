import { keepAlive } from 'keepalive-kit'
import restify from 'restify'
import { answer, closer, sayBack } from './answers.mjs'

export default function make(options) {
  const app = restify.createServer()
  const serve = (req, res, next) => void answer(req, res).then(() => next())
  app.get('/', serve)
  app.get('/stream', serve)
  app.post('/upload', serve)
  app.on('upgrade', sayBack)
  const kit = options && keepAlive(options)
  kit?.attach(app.server)
  return { server: app.server, kit, close: closer(app.server) }
}
