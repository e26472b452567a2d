// The page at /keepalive/, only for clients on this machine; with PAGE_PASSWORD, for clients that send the password (user: admin).
import express from 'express'
import { keepAlive } from 'keepalive-kit'
import { dashboard } from 'keepalive-kit/dashboard'

const connections = keepAlive()
const password = process.env.PAGE_PASSWORD
const expected = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
const authorize = password ? (req) => req.headers.authorization === expected : undefined
// Without this answer a browser would not ask its user for the password.
const askPassword = (req, res, next) =>
  !authorize || authorize(req)
    ? next()
    : res.status(401).set('WWW-Authenticate', 'Basic realm="keepalive"').end()

const app = express()
app.use(connections)
app.use('/keepalive', askPassword, dashboard(connections, { authorize }))

app.get('/', (_req, res) => {
  res.send('ok\n')
})

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
