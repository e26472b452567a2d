// JSON lines with pino-http, each with its connection and request number.
import express from 'express'
import { keepAlive } from 'keepalive-kit'
import { connectionProps, withOutcome } from 'keepalive-kit/pino'
import { pinoHttp } from 'pino-http'

const app = express()
app.use(keepAlive())
app.use(
  pinoHttp({
    customProps: connectionProps,
    customSuccessObject: withOutcome,
    customErrorObject: withOutcome,
  }),
)

app.get('/', (req, res) => {
  req.log.info('working')
  res.send('ok\n')
})

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
