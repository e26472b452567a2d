// Real clients of HTTP/2 servers, and one of HTTP/1.1 for a proxy before them: sends POSTs, each with a number of its own, until
// it has sent enough and is told that it may end; tells how each one ended.
// node http2-clients.mjs CLIENT PORT TOTAL
import { Agent, request } from 'node:http'
import { connect } from 'node:http2'

const [name, port, total] = process.argv.slice(2)
const atOnce = 16
const longest = 20_000

/** Each makes a function that sends a request and resolves with what the server answers; it rejects if none comes. */
const clients = {
  async 'grpc-js'() {
    const { default: grpc } = await import('@grpc/grpc-js')
    const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
    const same = (bytes) => bytes
    return (id) =>
      new Promise((done, failed) => {
        const metadata = new grpc.Metadata()
        metadata.set('x-id', String(id))
        const deadline = Date.now() + longest
        client.makeUnaryRequest(
          '/test.Echo/Say',
          same,
          same,
          Buffer.from('x'),
          metadata,
          { deadline },
          (error, answer) => (error ? failed(error) : done(String(answer))),
        )
      })
  },
  async 'undici, h2c'() {
    const { H2CClient } = await import('undici8')
    const client = new H2CClient(`http://127.0.0.1:${port}`, {
      pipelining: atOnce,
      maxConcurrentStreams: atOnce,
    })
    return async (id) => {
      const headers = { 'x-id': String(id) }
      const { statusCode, body } = await client.request({ path: '/', method: 'POST', headers, body: 'x' })
      const text = await body.text()
      if (statusCode !== 200) throw new Error(`status ${statusCode}`)
      return text
    }
  },
  async 'node:http2'() {
    const client = new RetryingClient(`http://127.0.0.1:${port}`)
    return (id) => client.send(id)
  },
  async 'node:http2, TLS'() {
    const client = new RetryingClient(`https://127.0.0.1:${port}`)
    return (id) => client.send(id)
  },
  /** Through a proxy. */
  async 'node:http'() {
    const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
    return (id) =>
      new Promise((done, failed) => {
        const headers = { 'x-id': id, 'content-length': 1 }
        const req = request({ port, host: '127.0.0.1', method: 'POST', agent, headers, timeout: longest })
        req.on('timeout', () => req.destroy(new Error('no answer')))
        req.on('error', failed)
        req.on('response', (res) => {
          let text = ''
          res.on('data', (chunk) => {
            text += chunk
          })
          res.on('error', failed)
          res.on('end', () =>
            res.statusCode === 200 ? done(text) : failed(new Error(`status ${res.statusCode}`)),
          )
        })
        req.end('x')
      })
  },
}

/** Sends a request again only if it cannot have been processed: it was not sent, or a GOAWAY names an earlier stream. */
class RetryingClient {
  #origin
  #session

  constructor(origin) {
    this.#origin = origin
  }

  async send(id) {
    for (;;) {
      const session = this.#open()
      const outcome = await this.#try(session, id)
      if (outcome.text !== undefined) return outcome.text
      if (!outcome.retry) throw new Error(outcome.why)
      if (this.#session === session) this.#session = undefined
    }
  }

  #open() {
    if (this.#session) return this.#session
    const session = connect(this.#origin, { rejectUnauthorized: false })
    const forget = () => {
      if (this.#session === session) this.#session = undefined
    }
    session.last = Number.POSITIVE_INFINITY
    session.on('goaway', (_code, last) => {
      session.last = last
      forget()
    })
    session.on('close', forget)
    session.on('error', forget)
    this.#session = session
    return session
  }

  #try(session, id) {
    return new Promise((done) => {
      let stream
      try {
        stream = session.request({ ':method': 'POST', 'x-id': String(id) })
      } catch (error) {
        done({ retry: true, why: error.code })
        return
      }
      let text = ''
      let status
      stream.setTimeout(longest, () => stream.close(8))
      stream.on('response', (head) => {
        status = head[':status']
      })
      stream.on('data', (chunk) => {
        text += chunk
      })
      stream.on('error', () => {})
      stream.on('close', () => {
        if (status === 200 && text === String(id)) done({ text })
        else
          done({
            retry: stream.id === undefined || stream.id > session.last,
            why: `status ${status}, ${JSON.stringify(text)}, code ${stream.rstCode}`,
          })
      })
      stream.end('x')
    })
  }
}

const send = await clients[name]()
const failed = []
let sent = 0
let answered = 0
let mayEnd = false
process.on('message', () => {
  mayEnd = true
})
// Its parent is gone.
process.on('disconnect', () => process.exit())

const loop = async () => {
  while (sent < Number(total) || !mayEnd) {
    const id = sent++
    try {
      const text = await send(id)
      if (text === String(id)) answered++
      else failed.push([id, `answered with ${text}`])
    } catch (error) {
      failed.push([id, String(error?.message ?? error)])
    }
    // So that sessions rest now and then.
    if (id % 50 === 0) await new Promise((done) => setTimeout(done, Math.random() * 20))
  }
}
await Promise.all(Array.from({ length: atOnce }, loop))
process.send({ sent, answered, failed }, () => process.exit())
