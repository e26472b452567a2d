import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import { Socket } from 'node:net'
import { setImmediate as immediate } from 'node:timers/promises'
import { keepAlive } from 'keepalive-kit'

/** The parts of a socket that the kit uses. There is no network. */
class StubSocket extends EventEmitter {
  destroyed = false
  writable = true
  bytesRead = 100
  bytesWritten = 100

  constructor(number) {
    super()
    this.remotePort = 1_024 + (number % 60_000)
    this.remoteAddress = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
  }

  resume() {}

  /** Our FIN; the peer answers it at once. */
  end(sent) {
    setImmediate(() => {
      sent?.()
      this.destroy()
    })
  }

  destroy() {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }
}

// Node calls these when it is done with a response, so the kit watches them.
StubSocket.prototype.setTimeout = Socket.prototype.setTimeout

/** A kit on a server that never listens. Its connections are stubs, each of another client. */
export class SyntheticKit {
  kit
  open = 0
  #server = createServer()
  #opened = 0
  #onClose = () => this.open--

  constructor(options) {
    // The parser would need real sockets.
    this.#server.removeAllListeners('connection')
    this.#server.on('request', (_req, res) => this.#answer(res))
    this.#server.getConnections = (callback) => callback(null, this.open)
    this.kit = keepAlive({ ...options, minIdle: 0, silence: ['KEEPALIVE_EVICTED'] }).attach(this.#server)
  }

  /** Opens connections that have each sent one request and are idle. */
  async openIdle(count) {
    for (let i = 0; i < count; i++) {
      const socket = new StubSocket(this.#opened++)
      socket.on('close', this.#onClose)
      this.open++
      this.#server.emit('connection', socket)
      this.#request(socket)
      // The garbage of thousands at once would be an extra load.
      if (i % 1_000 === 0) await immediate()
    }
  }

  /** The response is sent: the socket is free for the next one, and its idle timeout begins. */
  #answer(res) {
    const { socket } = res
    const { keepAliveTimeout, keepAliveTimeoutBuffer = 1_000 } = this.#server
    res.socket = null
    socket._httpMessage = null
    socket.setTimeout(keepAliveTimeout + keepAliveTimeoutBuffer)
    res.emit('close')
  }

  #request(socket) {
    const req = { socket, httpVersion: '1.1', method: 'GET', url: '/', complete: true, headers: {} }
    const res = Object.assign(new EventEmitter(), { req, socket, writableFinished: true, statusCode: 200 })
    this.#server.emit('request', req, res)
  }
}
