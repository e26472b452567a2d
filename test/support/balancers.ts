import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  freePort,
  listening,
  type RunningProxy,
  scratch,
  start,
  startApacheBalancer,
  startHaproxy,
  startNginx,
} from './proxies.ts'

/** A proxy that distributes its requests over several servers and takes out servers that are not ready. */
export interface Balancer {
  start(ports: readonly number[]): Promise<RunningProxy>
  /** The `wait` in which the proxy's health checks see that an instance is not ready, in ms. */
  readonly wait?: number
  /** Whether the proxy asks the next server if one refuses the connection, so that a drain needs no `wait`. */
  readonly failsOver: boolean
}

/** Between two health checks of one server, in ms. */
const checkEvery = 200

/**
 * A check may begin just before the server says that it is not ready, so only the next one sees it. Apache checks every 100 ms
 * which checks are due, and a busy machine is late.
 */
const wait = 3 * checkEvery

const lines = (ports: readonly number[], line: (port: number, i: number) => string): string =>
  ports.map(line).join('\n')

/**
 * Each proxy as an operator configures it for rolling restarts. No proxy here retries a POST that a server may have seen, so
 * each lost POST shows as a failure.
 *
 * When a server closes an idle connection, each proxy opens another for the next request. Apache notices the FIN only then:
 * until then its side stays open, and a drain lingers for its whole time. The proxies differ if the close crosses a request on
 * the wire; the comments say what the client then gets, as measured.
 */
export const balancers: Record<string, Balancer> = {
  /**
   * nginx has no health checks. It learns from a refused connection, and then asks the next server. A POST that crosses the
   * close gets 502, because `proxy_next_upstream` excludes POST; nginx retries a GET.
   */
  nginx: {
    failsOver: true,
    start: (ports) =>
      startNginx(
        `${lines(ports, (port) => `server 127.0.0.1:${port} max_fails=1 fail_timeout=1s;`)} keepalive 32;`,
      ),
  },
  /**
   * HAProxy resets the client's connection without an answer, whatever the method. Its `retries` are for connections that did
   * not open.
   */
  HAProxy: {
    wait,
    failsOver: true,
    start: (ports) =>
      startHaproxy(
        `  option httpchk GET /ready
  timeout check 2s
  option redispatch 1
  http-reuse always
${lines(ports, (port, i) => `  server s${i} 127.0.0.1:${port} check inter ${checkEvery}ms fall 1 rise 1`)}`,
      ),
  },
  /** Apache closes the client's connection without an answer, whatever the method. */
  Apache: {
    wait,
    failsOver: true,
    start: (ports) =>
      startApacheBalancer(
        lines(
          ports,
          (port) =>
            `BalancerMember http://127.0.0.1:${port} hcmethod=GET hcuri=/ready hcinterval=${checkEvery}ms hcpasses=1 hcfails=1`,
        ),
      ),
  },
  /**
   * A POST gets 502; Caddy retries a GET. Its health checks use the same connections as requests. If a server refuses the
   * connection, Caddy before its pull request 7547 cannot send a body to the next server.
   */
  Caddy: { wait, failsOver: false, start: startCaddy },
  /** A POST gets 503, also if a server refuses the connection. Varnish retries a request without a body. */
  Varnish: { wait, failsOver: false, start: startVarnish },
}

async function startCaddy(ports: readonly number[]): Promise<RunningProxy> {
  const port = await freePort()
  const folder = scratch('caddy-')
  const file = join(folder, 'Caddyfile')
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
}
http://:${port} {
  bind 127.0.0.1
  reverse_proxy ${ports.map((upstream) => `127.0.0.1:${upstream}`).join(' ')} {
    lb_policy round_robin
    health_uri /ready
    health_interval ${checkEvery}ms
    health_timeout 2s
  }
}
`,
  )
  const process = start('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], folder, {
    HOME: folder,
  })
  const errors = textOf(process.stderr)
  await listening(port)
  return { port, errors, accessLog: '' }
}

async function startVarnish(ports: readonly number[]): Promise<RunningProxy> {
  const port = await freePort()
  const folder = scratch('varnish-')
  const file = join(folder, 'default.vcl')
  writeFileSync(
    file,
    `vcl 4.1;
import directors;
probe ready { .url = "/ready"; .interval = ${checkEvery}ms; .timeout = 2s; .window = 1; .threshold = 1; .initial = 1; }
${lines(ports, (upstream, i) => `backend s${i} { .host = "127.0.0.1"; .port = "${upstream}"; .probe = ready; }`)}
sub vcl_init {
  new app = directors.round_robin();
  ${lines(ports, (_, i) => `app.add_backend(s${i});`)}
}
sub vcl_recv { set req.backend_hint = app.backend(); return (pass); }
`,
  )
  const args = ['-F', '-j', 'none', '-n', folder, '-a', `127.0.0.1:${port}`, '-f', file, '-s', 'malloc,16m']
  const process = start('varnishd', args, folder)
  const errors = textOf(process.stderr)
  await listening(port)
  return { port, errors, accessLog: '' }
}

function textOf(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.on('data', (chunk) => {
    text += chunk
  })
  return () => text
}
