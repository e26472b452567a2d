import type { ProbeReport } from './report.ts'

/** A server that names itself, and where to set its idle timeout for clients' connections. */
interface KnownServer {
  /** What its `Server` header can begin with, in lower case. */
  readonly products: readonly string[]
  readonly name: string
  /**
   * The setting as written in the server's configuration, in its code or on its command line.
   *
   * @param seconds - a whole number: some servers accept no other.
   */
  readonly setting: (seconds: number) => string
  /** Where to write the setting. */
  readonly where: string
  /** What to change where the server closes after each response. */
  readonly closes?: string
  /** Where to set the `Keep-Alive` header, if it has a setting apart from the timeout. */
  readonly advertises?: string
}

/** Each with the manual that names the setting. No CDN is here: its customers cannot set this timeout. */
const knownServers: readonly KnownServer[] = [
  {
    // https://nginx.org/en/docs/http/ngx_http_core_module.html#keepalive_timeout; the others are built on nginx.
    products: ['nginx', 'openresty', 'tengine', 'angie'],
    name: 'nginx',
    setting: (seconds) => `keepalive_timeout ${seconds}s;`,
    where: 'in nginx',
    closes: 'In nginx, remove keepalive_timeout 0 and keepalive_disable.',
    advertises:
      'In nginx, the first value of keepalive_timeout is the timeout, the second is the header: set both.',
  },
  {
    // https://httpd.apache.org/docs/2.4/mod/core.html#keepalivetimeout
    products: ['apache'],
    name: 'Apache httpd',
    setting: (seconds) => `KeepAliveTimeout ${seconds}`,
    where: 'in Apache httpd',
    closes: 'In Apache httpd, set KeepAlive On.',
  },
  {
    // https://caddyserver.com/docs/caddyfile/options#timeouts
    products: ['caddy'],
    name: 'Caddy',
    setting: (seconds) => `servers { timeouts { idle ${seconds}s } }`,
    where: "in Caddy's global options, a line for each brace",
  },
  {
    // https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/protocol.proto
    products: ['envoy', 'istio-envoy'],
    name: 'Envoy',
    setting: (seconds) => `idle_timeout: ${seconds}s`,
    where: "in common_http_protocol_options of Envoy's HttpConnectionManager",
  },
  {
    // https://varnish-cache.org/docs/trunk/reference/varnishd.html
    products: ['varnish'],
    name: 'Varnish',
    setting: (seconds) => `-p timeout_idle=${seconds}`,
    where: 'on the command line of varnishd',
  },
  {
    // https://learn.microsoft.com/iis/configuration/system.applicationhost/sites/sitedefaults/limits
    products: ['microsoft-iis'],
    name: 'IIS',
    setting: (seconds) => `connectionTimeout="${timeSpan(seconds)}"`,
    where: 'in the limits element of the site in IIS',
  },
  {
    // https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.server.kestrel.core.kestrelserverlimits.keepalivetimeout
    products: ['kestrel'],
    name: 'Kestrel',
    setting: (seconds) => `Limits.KeepAliveTimeout = TimeSpan.FromSeconds(${seconds})`,
    where: 'in the options of Kestrel',
  },
  {
    // https://tomcat.apache.org/tomcat-9.0-doc/config/http.html; only Tomcat up to 8 names itself.
    products: ['apache-coyote'],
    name: 'Tomcat',
    setting: (seconds) => `keepAliveTimeout="${seconds * 1_000}"`,
    where: "in Tomcat's Connector",
  },
  {
    // https://jetty.org/docs/jetty/12/operations-guide/modules/standard.html
    products: ['jetty'],
    name: 'Jetty',
    setting: (seconds) => `jetty.http.idleTimeout=${seconds * 1_000}`,
    where: 'in the start configuration of Jetty',
  },
  {
    // https://www.uvicorn.org/settings/#timeouts
    products: ['uvicorn'],
    name: 'uvicorn',
    setting: (seconds) => `--timeout-keep-alive ${seconds}`,
    where: 'on the command line of uvicorn',
  },
  {
    // https://docs.gunicorn.org/en/stable/settings.html#keepalive
    products: ['gunicorn'],
    name: 'gunicorn',
    setting: (seconds) => `--keep-alive ${seconds}`,
    where: 'on the command line of gunicorn',
    closes: 'In gunicorn, use another worker than sync, such as gthread.',
  },
  {
    // https://redmine.lighttpd.net/projects/lighttpd/wiki/Server_max-keep-alive-idleDetails
    products: ['lighttpd'],
    name: 'lighttpd',
    setting: (seconds) => `server.max-keep-alive-idle = ${seconds}`,
    where: 'in lighttpd',
  },
]

/**
 * How to set the idle timeout of the probed server, as far as its `Server` header tells which server it is. The header is
 * the server's own claim, and may come from a server behind it: it chooses among the sentences here, and no part of it is
 * printed.
 *
 * @param ms - the timeout to set.
 * @param bound - how to round where the server accepts whole seconds only.
 */
export function idleRemedy(
  server: string | null,
  ms: number,
  bound: 'at least' | 'at most',
  protocol: ProbeReport['protocol'] = 'http/1.1',
): string {
  const seconds = Math.max(1, bound === 'at least' ? Math.ceil(ms / 1_000) : Math.floor(ms / 1_000))
  const known = knownServer(server)
  if (known) return `Set '${known.setting(seconds)}' ${known.where} (the Server header names ${known.name}).`
  // Node's own keepAliveTimeout is one of HTTP/1.1.
  const inNode =
    protocol === 'http/1.1'
      ? "in Node, as the kit's option behind does"
      : 'in the kit for Node, as its option behind does'
  return server === null
    ? `Set keepAliveTimeout to ${ms} ${inNode}; in HAProxy set 'timeout http-keep-alive ${seconds}s', and no shorter 'timeout client'.`
    : `Set the idle timeout for clients to ${seconds} s on whatever ends these connections.`
}

/** What makes the server close after each response; `null` where its header does not tell. */
export function reuseRemedy(server: string | null): string | null {
  return knownServer(server)?.closes ?? null
}

/** How the `Keep-Alive` header comes to differ from the timeout; `null` where the `Server` header does not tell. */
export function headerRemedy(server: string | null): string | null {
  return knownServer(server)?.advertises ?? null
}

function knownServer(server: string | null): KnownServer | undefined {
  if (server === null) return undefined
  // `nginx/1.22.1 (Ubuntu)`, `Jetty(9.4.51)`; a header that came twice is joined by a comma.
  const product = server.split(/[/(,]/, 1)[0]!.trim().toLowerCase()
  return knownServers.find(({ products }) => products.includes(product))
}

/** As .NET writes it: `00:01:05`, `1.00:00:00`. */
function timeSpan(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  const parts = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
  return (days > 0 ? `${days}.` : '') + parts.map((part) => String(part).padStart(2, '0')).join(':')
}
