import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Headers that a proxy adds: the address of the socket is then that of the proxy, not of the client. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const

/**
 * Who gets in by default: a client on this machine, by the address of its socket. A header never lets a client in. These
 * stay out:
 * - a request through a proxy: the proxy may be on this machine, and the client anywhere;
 * - a request for a name other than `localhost`: any web site may let its own name point here (DNS rebinding);
 * - a request that another web site makes a browser on this machine send.
 */
export function isLocal(req: Pick<IncomingMessage, 'socket' | 'headers' | 'httpVersion'>): boolean {
  return (
    isLoopback(req.socket?.remoteAddress) &&
    !isForwarded(req) &&
    // HTTP/2 has the host there, which no header of HTTP/1 can be named.
    isLocalHost((req.headers[':authority'] as string | undefined) ?? req.headers.host) &&
    isOwnSite(req.headers['sec-fetch-site'])
  )
}

/** True for what came through a proxy, as far as that shows: no browser sends HTTP/1.0, and nginx before 1.29.7 does. */
export function isForwarded({
  headers,
  httpVersion,
}: Pick<IncomingMessage, 'headers' | 'httpVersion'>): boolean {
  return httpVersion === '1.0' || proxyHeaders.some((name) => headers[name] !== undefined)
}

/** The page's own requests, and what the user asked for: an address typed in, a bookmark (Fetch Metadata, section 2.3). */
function isOwnSite(site: string | string[] | undefined): boolean {
  return site === undefined || site === 'same-origin' || site === 'none'
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
