// The page at /keepalive/, only for clients on this machine; with PAGE_TOKEN, for clients that send the token.
import express from 'express'
import { keepAlive } from 'keepalive-kit'
import { dashboard } from 'keepalive-kit/dashboard'

const connections = keepAlive()
const token = process.env.PAGE_TOKEN
const authorize = token ? (req) => req.headers.authorization === `Bearer ${token}` : undefined

const app = express()
app.use(connections)
app.use('/keepalive', dashboard(connections, { authorize }))

app.get('/', (_req, res) => {
  res.send('ok\n')
})

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
