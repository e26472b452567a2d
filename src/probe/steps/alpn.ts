import type { ProbeReport } from '../report.ts'
import type { Session } from '../session.ts'

/** Offers HTTP/2 in a handshake, sends no request, and returns the server's choice. */
export async function tryAlpn(session: Session): Promise<ProbeReport['alpn']> {
  if (!session.options.target.tls) return null
  const { alpn } = await session.openHttp1('ALPN', ['h2', 'http/1.1'])
  return { http2: alpn === 'h2', selected: alpn }
}
