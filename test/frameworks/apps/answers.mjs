// What every app answers: GET / with ok, GET /stream in two parts, POST /upload with the number of bytes.

export async function* parts() {
  yield Buffer.from('str')
  await new Promise((turn) => setImmediate(turn))
  yield Buffer.from('eam')
}

export async function sizeOf(body) {
  let size = 0
  for await (const part of body) size += part.length
  return String(size)
}

/** As a listener of node:http. */
export async function answer(req, res) {
  if (req.url === '/upload') return res.end(await sizeOf(req))
  if (req.url !== '/stream') return res.end('ok')
  for await (const part of parts()) res.write(part)
  return res.end()
}

/** Ends a server as its own API has it. */
export const closer = (server) => () => new Promise((closed) => server.close(closed))

/** A listener for 'upgrade': says back what comes. */
export function sayBack(_req, socket) {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  socket.on('data', (data) => socket.end(data))
}
