// What clients do to a server. Each behavior is the whole life of one connection, and resolves when its socket has closed.
import { connect } from 'node:net'

const get = (path, head = '') => `GET ${path} HTTP/1.1\r\nHost: soak\r\n${head}\r\n`
const post = (path, body) =>
  `POST ${path} HTTP/1.1\r\nHost: soak\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** Opens a connection, lets `live` act on it, and waits for the close. The time is bounded in any case. */
function life(port, live) {
  return new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => live(socket))
    socket.setTimeout(15_000, () => socket.destroy())
    socket.on('error', () => {})
    socket.on('close', () => done())
  })
}

/** Sends bytes, and calls back when this many responses have begun. */
function exchange(socket, bytes, responses, then) {
  let seen = 0
  const onData = (chunk) => {
    seen += chunk.toString('latin1').split('HTTP/1.1 ').length - 1
    if (seen < responses) return
    socket.off('data', onData)
    socket.resume()
    then()
  }
  socket.on('data', onData)
  socket.write(bytes)
}

const repeat = (count, bytes) => bytes.repeat(count)

/** By the intended close reason. The weights say how often each occurs in a hundred. */
export const behaviours = [
  {
    reason: 'client-idle',
    weight: 39,
    requests: 12,
    run: (port) => life(port, (s) => exchange(s, repeat(12, get('/')), 12, () => s.end())),
  },
  {
    reason: 'max-requests',
    weight: 14,
    requests: 40,
    run: (port) => life(port, (s) => exchange(s, repeat(45, get('/')), 36, () => s.end())),
  },
  {
    reason: 'client-asked',
    weight: 8,
    requests: 1,
    run: (port) => life(port, (s) => exchange(s, get('/', 'Connection: close\r\n'), 1, () => {})),
  },
  {
    reason: 'app',
    weight: 5,
    requests: 1,
    run: (port) => life(port, (s) => exchange(s, get('/app') + get('/'), 1, () => {})),
  },
  { reason: 'app', weight: 3, requests: 1, run: (port) => life(port, (s) => s.write(get('/destroy'))) },
  {
    reason: 'client-reset',
    weight: 6,
    requests: 2,
    run: (port) => life(port, (s) => exchange(s, repeat(2, get('/')), 2, () => s.resetAndDestroy())),
  },
  {
    reason: 'client-reset',
    weight: 3,
    requests: 1,
    run: (port) =>
      life(port, (s) =>
        s.write(post('/', 'x'.repeat(99)).slice(0, -9), () => setTimeout(() => s.resetAndDestroy(), 5)),
      ),
  },
  {
    reason: 'client-abort',
    weight: 5,
    requests: 1,
    run: (port) => life(port, (s) => exchange(s, get('/hang'), 1, () => s.end())),
  },
  { reason: 'never-used', weight: 5, requests: 0, run: (port) => life(port, (s) => s.end()) },
  {
    reason: 'bad-request',
    weight: 4,
    requests: 0,
    run: (port) => life(port, (s) => exchange(s, 'no http\r\n\r\n', 1, () => {})),
  },
  {
    reason: 'upgrade',
    weight: 2,
    requests: 0,
    run: (port) =>
      life(port, (s) =>
        exchange(s, get('/', 'Connection: Upgrade\r\nUpgrade: echo\r\n'), 1, () => s.write('bye')),
      ),
  },
  {
    reason: 'inactivity',
    weight: 1,
    requests: 1,
    run: (port) => life(port, (s) => s.write(get('/inactive'))),
  },
  {
    reason: 'idle-timeout',
    weight: 2,
    requests: 1,
    run: (port) => life(port, (s) => exchange(s, get('/'), 1, () => {})),
  },
  {
    reason: 'max-age',
    weight: 1,
    requests: 2,
    run: (port) =>
      life(port, (s) => exchange(s, get('/'), 1, () => setTimeout(() => s.write(get('/')), 650))),
  },
  {
    reason: 'header-timeout',
    weight: 1,
    requests: 0,
    run: (port) => life(port, (s) => s.resume().write('GET / HTTP/1.1\r\nHo')),
  },
  {
    reason: 'request-timeout',
    weight: 1,
    requests: 1,
    run: (port) => life(port, (s) => s.resume().write(post('/', 'xx').slice(0, -1))),
  },
]

/** More connections at once than `maxIdle` allows; the server closes all of them. */
export const flood = (port, count) =>
  Promise.all(Array.from({ length: count }, () => life(port, (s) => exchange(s, get('/'), 1, () => {}))))
