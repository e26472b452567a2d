import type { LogKind } from '../../explain/failure.ts'
import type { ProxyName } from '../../explain/summary.ts'
import { type NumberedProxyId, proxies } from '../../policy/proxies.ts'

/** The proxies that write each log, as `behind` names them. Others have no idle timeout that is always the same. */
const known: Readonly<Partial<Record<LogKind, NumberedProxyId>>> = {
  nginx: 'nginx',
  envoy: 'envoy',
  caddy: 'caddy',
  traefik: 'traefik',
  varnish: 'varnish',
  alb: 'aws-alb',
}

/** Whose log it is, and how long it keeps idle connections. */
export function proxyOf(kind: LogKind, given: ProxyName | undefined): ProxyName {
  if (given) return given
  const id = known[kind]
  if (id) return proxies[id]
  return { name: names[kind] ?? 'the proxy', idleTimeout: undefined }
}

const names: Readonly<Partial<Record<LogKind, string>>> = { haproxy: 'HAProxy', apache: 'Apache' }
