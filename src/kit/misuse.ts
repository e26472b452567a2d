import { KeepAliveError } from '../errors.ts'

export function notAServer(value: unknown): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_NOT_A_SERVER', {
    subject: 'attach()',
    rule: 'takes a node:http or node:https server',
    value,
    remedy:
      'Pass what createServer() or app.listen() returned, not the app; HTTP/2 has no keep-alive to control',
  })
}

export function alreadyAttached(server: unknown): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_ALREADY_ATTACHED', {
    subject: 'attach()',
    rule: 'takes a server that has no other kit',
    value: server,
    remedy: 'Use one KeepAlive for the server, or call detach() on the other one first',
  })
}

export function notAttached(): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_NOT_ATTACHED', {
    subject: 'drain()',
    rule: 'needs a server, and the kit has none',
    remedy:
      'Call connections.attach(server) before the server listens, or mount the kit before the routes, with app.use(connections)',
  })
}
