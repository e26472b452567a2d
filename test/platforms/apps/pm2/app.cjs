const express = require('express')

const app = express()
app.get('/', (_req, res) => setTimeout(() => res.send('hello'), 20))
const server = app.listen(process.env.PORT, '127.0.0.1')

// PM2 sends SIGINT.
process.on('SIGINT', () =>
  server.close(() => {
    console.log('closed by the app')
    process.exit(3)
  }),
)
