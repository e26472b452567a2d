import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nginxUpstream } from '../../src/explain/logs/nginx-access.ts'
import { varnishFormat } from '../../src/explain/logs/varnish.ts'
import { apache, freePort, haproxy, listening, nginx, scratch, start } from './proxies.ts'

/** Where a proxy sends requests, by the first part of their path: to the server, by a slow wire, to a port without a server. */
export interface Upstreams {
  readonly server: number
  readonly slow: number
  readonly refused: number
}

export interface LoggingProxy {
  readonly port: number
  /** Its logs, each by a name. */
  logs(): Promise<Readonly<Record<string, string>>>
}

/** A proxy as docs/explain.md sets it up, that sends no request twice. */
export interface ExplainedProxy {
  start(upstreams: Upstreams): Promise<LoggingProxy>
  /** The logs that have the port of each connection. */
  readonly exact: readonly string[]
}

const file = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8')

async function startNginx({ server, slow, refused }: Upstreams): Promise<LoggingProxy> {
  let folder = ''
  const { port, errors } = await nginx((port, inside) => {
    folder = inside
    return `
  log_format upstream '${nginxUpstream}';
  access_log ${inside}/access.log upstream;
  upstream server { server 127.0.0.1:${server} max_fails=0; keepalive 64; }
  upstream slow { server 127.0.0.1:${slow} max_fails=0; keepalive 64; }
  upstream refused { server 127.0.0.1:${refused} max_fails=0; }
  server {
    listen 127.0.0.1:${port};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_read_timeout 1500ms;
    location / { proxy_pass http://server; }
    location /race { proxy_pass http://slow; }
    location /refused { proxy_pass http://refused; }
  }`
  })
  return { port, logs: async () => ({ error: errors(), access: file(folder, 'access.log') }) }
}

async function startHaproxy({ server, slow, refused }: Upstreams): Promise<LoggingProxy> {
  const { port, errors } = await haproxy(
    `  log stderr format raw local0
  log-format "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r %bi:%bp %si:%sp"
  timeout http-request 10s
  use_backend slow if { path_beg /race }
  use_backend refused if { path_beg /refused }
  default_backend server`,
    [
      ['server', server],
      ['slow', slow],
      ['refused', refused],
    ]
      .map(
        ([name, to]) =>
          `backend ${name}\n  timeout server 1500ms\n  retries 0\n  http-reuse always\n  server s 127.0.0.1:${to}`,
      )
      .join('\n'),
  )
  return { port, logs: async () => ({ haproxy: errors() }) }
}

async function startApache({ server, slow, refused }: Upstreams): Promise<LoggingProxy> {
  const { port, errors } = await apache(
    ['proxy', 'proxy_http'],
    () => `ProxyPass /race http://127.0.0.1:${slow}/race retry=0
ProxyPass /refused http://127.0.0.1:${refused}/refused retry=0
ProxyPass / http://127.0.0.1:${server}/ retry=0 timeout=2`,
  )
  return { port, logs: async () => ({ error: errors() }) }
}

async function startCaddy({ server, slow, refused }: Upstreams): Promise<LoggingProxy> {
  const port = await freePort()
  const folder = scratch('caddy-')
  writeFileSync(
    join(folder, 'Caddyfile'),
    `{
  admin off
  auto_https off
  log {
    output file ${folder}/caddy.log
  }
}
http://:${port} {
  bind 127.0.0.1
  log
  handle /race* {
    reverse_proxy 127.0.0.1:${slow}
  }
  handle /refused* {
    reverse_proxy 127.0.0.1:${refused}
  }
  handle {
    reverse_proxy 127.0.0.1:${server} {
      transport http {
        response_header_timeout 1500ms
      }
    }
  }
}
`,
  )
  start('caddy', ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], folder, {
    HOME: folder,
  })
  await listening(port)
  return { port, logs: async () => ({ caddy: file(folder, 'caddy.log') }) }
}

async function startVarnish({ server, slow, refused }: Upstreams): Promise<LoggingProxy> {
  const port = await freePort()
  const folder = scratch('varnish-')
  const inside = join(folder, 'own')
  writeFileSync(
    join(folder, 'default.vcl'),
    `vcl 4.1;
backend server { .host = "127.0.0.1"; .port = "${server}"; .first_byte_timeout = 1.5s; }
backend slow { .host = "127.0.0.1"; .port = "${slow}"; }
backend refused { .host = "127.0.0.1"; .port = "${refused}"; }
sub vcl_recv {
  set req.backend_hint = server;
  if (req.url ~ "^/race") { set req.backend_hint = slow; }
  if (req.url ~ "^/refused") { set req.backend_hint = refused; }
  return (pass);
}
`,
  )
  const args = ['-F', '-j', 'none', '-n', inside, '-a', `127.0.0.1:${port}`, '-s', 'malloc,16m']
  start('varnishd', [...args, '-f', join(folder, 'default.vcl')], folder)
  await listening(port)
  start('varnishncsa', ['-n', inside, '-b', '-w', join(folder, 'ncsa.log'), '-F', varnishFormat], folder)
  return { port, logs: async () => ({ varnishncsa: file(folder, 'ncsa.log') }) }
}

export const explainedProxies: Readonly<Record<string, ExplainedProxy>> = {
  nginx: { start: startNginx, exact: [] },
  HAProxy: { start: startHaproxy, exact: ['haproxy'] },
  Apache: { start: startApache, exact: [] },
  Caddy: { start: startCaddy, exact: [] },
  Varnish: { start: startVarnish, exact: ['varnishncsa'] },
}
