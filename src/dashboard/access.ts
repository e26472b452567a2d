import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Headers that a proxy adds: whoever sends one is not the client that the socket's address tells of. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const

/**
 * Who gets in where nobody says otherwise: a client on this very machine, by its socket's address. Headers let nobody
 * in; but what came through a proxy stays out, as that may be on this machine and the client anywhere; and so does what
 * asks for a name other than `localhost`, as any web site may let its own name point here (DNS rebinding).
 */
export function isLocal(req: Pick<IncomingMessage, 'socket' | 'headers'>): boolean {
  return isLoopback(req.socket?.remoteAddress) && !isForwarded(req) && isLocalHost(req.headers.host)
}

/** True for what came through a proxy that says so. */
export function isForwarded({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return proxyHeaders.some((name) => headers[name] !== undefined)
}

/** 127.0.0.0/8, also as IPv6 sockets write it, and ::1 (RFC 6890). */
function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false
  const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}

/** `localhost`, a name below it (RFC 6761), or an address, which no name server can point elsewhere. */
function isLocalHost(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d*$/, '').toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
}
