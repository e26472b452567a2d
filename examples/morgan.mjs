// An access log with the number that Apache calls %k: how often the connection had been used before.
import express from 'express'
import { keepAlive } from 'keepalive-kit'
import { registerTokens } from 'keepalive-kit/morgan'
import morgan from 'morgan'

registerTokens(morgan)

const app = express()
app.use(keepAlive())
app.use(morgan(':method :url :status %k=:connection-reused %X=:connection-outcome idle=:idle-gap'))

app.get('/', (_req, res) => {
  res.send('ok\n')
})

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
