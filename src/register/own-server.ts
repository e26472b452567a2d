import { createServer, type RequestListener } from 'node:http'

/** Where a server of the kit's own listens. */
export interface Place {
  readonly port: number
  readonly host: string
}

/**
 * A server of the kit's own, for operators. It neither keeps the process alive nor delays its end, and where it cannot
 * listen it says so and nothing else happens: the other workers of a cluster find its port taken.
 *
 * @param own - gets the server before it listens.
 * @param failed - gets what went wrong.
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
  // Exclusive: a cluster would share the port, and each request would come to another worker.
  server.listen({ port, host, exclusive: true })
  server.unref()
}
