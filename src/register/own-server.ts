import { createServer, type RequestListener } from 'node:http'

/** Where one of the kit's own servers listens. */
export interface Place {
  readonly port: number
  readonly host: string
}

/**
 * Opens one of the kit's own servers, for operators. It neither keeps the process alive nor delays its end. If it cannot
 * listen, only `failed` is called: in a cluster, one worker has the port and the others find it in use.
 *
 * @param own - receives the server before it listens.
 * @param failed - receives the error.
 */
export function openServer(
  answer: RequestListener,
  { port, host }: Place,
  own: WeakSet<object>,
  failed: (error: NodeJS.ErrnoException) => void,
): void {
  const server = createServer(answer)
  own.add(server)
  server.on('error', failed)
  server.on('connection', (socket) => socket.unref())
  // Exclusive: otherwise a cluster would share the port, and each request would reach another worker.
  server.listen({ port, host, exclusive: true })
  server.unref()
}
