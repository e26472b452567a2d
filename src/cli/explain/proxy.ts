import type { LogKind } from '../../explain/failure.ts'
import type { ProxyName } from '../../explain/summary.ts'
import { type NumberedProxyId, proxies } from '../../policy/proxies.ts'

/** The proxies that write each log, and how `behind` names them. Others have no idle timeout that is always the same. */
const writers: Readonly<Record<LogKind, readonly [name: string, id?: NumberedProxyId]>> = {
  nginx: ['nginx', 'nginx'],
  haproxy: ['HAProxy'],
  apache: ['Apache'],
  envoy: ['Envoy', 'envoy'],
  caddy: ['Caddy', 'caddy'],
  traefik: ['Traefik', 'traefik'],
  varnish: ['Varnish', 'varnish'],
  alb: ['the load balancer', 'aws-alb'],
  access: ['the proxy'],
}

/** Whose log it is, and how long it keeps idle connections. */
export function proxyOf(kind: LogKind, given: ProxyName | undefined): ProxyName {
  const [name, id] = writers[kind]
  return given ?? { name, idleTimeout: id && proxies[id].idleTimeout, isDefault: true }
}
