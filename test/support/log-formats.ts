import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apache, freePort, haproxy, listening, nginx, scratch, start } from './proxies.ts'

/** A directive of a server's configuration, and how the advisor must read its lines. */
export interface LoggedFormat {
  readonly server: 'nginx' | 'apache'
  readonly directive: string
  /** For the lines alone: read, or rejected with these words. */
  readonly lines: 'read' | RegExp
  /** For the lines with `--format <directive>`. */
  readonly given: 'read' | RegExp
  /** Maximum error of an idle gap because of rounded times, in ms. */
  readonly resolution?: number
}

const unknown = /format is not known/
const combined =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
const common = String.raw`%h %l %u %t \"%r\" %>s %b`
const agent = String.raw`\"%{Referer}i\" \"%{User-Agent}i\"`

const nginxFormats: readonly Omit<LoggedFormat, 'server'>[] = [
  {
    directive: `log_format doc '${combined} $connection $connection_requests $msec $request_time';`,
    lines: 'read',
    given: 'read',
  },
  {
    directive: `log_format json_analytics escape=json '{'
    '"msec": "$msec", '
    '"connection": "$connection", '
    '"connection_requests": "$connection_requests", '
    '"pid": "$pid", "request_id": "$request_id", "remote_addr": "$remote_addr", '
    '"time_local": "$time_local", "time_iso8601": "$time_iso8601", '
    '"request": "$request", "args": "$args", "status": "$status", '
    '"http_user_agent": "$http_user_agent", "request_time": "$request_time", '
    '"upstream": "$upstream_addr", "server_protocol": "$server_protocol", "pipe": "$pipe"'
    '}';`,
    lines: 'read',
    given: 'read',
  },
  {
    directive: `log_format jsonnum escape=json '{"msec":$msec,"connection":$connection,"connection_requests":$connection_requests,"request_time":$request_time,"remote_addr":"$remote_addr","request":"$request","status":$status}';`,
    lines: 'read',
    given: 'read',
  },
  {
    directive: `log_format jsonown escape=json '{"t":"$time_iso8601","c":"$connection","n":$connection_requests,"d":$request_time,"ua":"$http_user_agent"}';`,
    lines: unknown,
    given: 'read',
    resolution: 1000,
  },
  {
    directive: `log_format detailed '${combined} "$http_x_forwarded_for" $request_time $upstream_response_time $pipe $connection $connection_requests';`,
    lines: 'read',
    given: 'read',
    resolution: 1000,
  },
  {
    directive: `log_format slash '${combined} "$http_x_forwarded_for" "$upstream_addr" "$upstream_cache_status" $connection/$connection_requests';`,
    lines: unknown,
    given: /has no \$request_time/,
  },
  {
    directive:
      'log_format kv \'ts=$msec conn=$connection reqs=$connection_requests rt=$request_time ip=$remote_addr proto=$server_protocol uri="$request_uri" status=$status\';',
    lines: unknown,
    given: 'read',
  },
  {
    directive: String.raw`log_format ltsv 'time:$msec\thost:$remote_addr\tconn:$connection\tcreq:$connection_requests\treqtime:$request_time\treq:$request\tstatus:$status';`,
    lines: unknown,
    given: 'read',
  },
  {
    directive:
      'log_format iso \'$time_iso8601 $remote_addr $connection $connection_requests $request_time "$request" $status\';',
    lines: unknown,
    given: 'read',
    resolution: 1000,
  },
  {
    directive:
      'log_format upstreamtime \'$remote_addr [$time_local] "$request" $status rt=$request_time uct="$upstream_connect_time" urt="$upstream_response_time" cs=$connection crs=$connection_requests ms=$msec\';',
    lines: unknown,
    given: 'read',
  },
  {
    directive:
      'log_format bracket \'[$msec] [$connection:$connection_requests] $remote_addr "$request" $status ($request_time)\';',
    lines: unknown,
    given: 'read',
  },
  {
    directive:
      'log_format conntime \'$remote_addr $connection $connection_requests $connection_time $msec $request_time "$request" $status\';',
    lines: unknown,
    given: 'read',
  },
  {
    directive: `log_format ingress '${combined} $request_length $request_time [$host] [] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $request_id';`,
    lines: /ingress-nginx's format: it has no connection/,
    given: /has no \$connection/,
  },
  {
    directive:
      'log_format ddog \'$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent $request_time "$http_referer" "$http_user_agent" "$http_x_forwarded_for" $connection $connection_requests $msec\';',
    lines: 'read',
    given: 'read',
  },
  {
    directive: `log_format plain '${combined}';`,
    lines: /combined format: it has no connection and no duration/,
    given: /has no \$connection, \$connection_requests, \$request_time/,
  },
  {
    directive: `log_format main '${combined} "$http_x_forwarded_for"';`,
    lines: /nginx's usual main format/,
    given: /has no \$connection/,
  },
  {
    directive: 'log_format peer \'$remote_addr:$remote_port $msec $request_time "$request"\';',
    lines: unknown,
    given: 'read',
  },
  {
    directive: "log_format peernumbers '$remote_addr $remote_port $connection_requests $msec $request_time';",
    lines: unknown,
    given: 'read',
  },
]

const apacheFormats: readonly Omit<LoggedFormat, 'server'>[] = [
  {
    directive: `LogFormat "${common} ${agent} %{remote}p %k %X %{usec}t %D" doc`,
    lines: 'read',
    given: 'read',
  },
  { directive: `LogFormat "${common} ${agent} %D %k %X" dkx`, lines: unknown, given: /has no %\{remote\}p/ },
  {
    directive: `LogFormat "%v:%p ${common} ${agent} %k" vk`,
    lines: unknown,
    given: /has no %\{remote\}p, %D/,
  },
  {
    directive: String.raw`LogFormat "%h %u [%{%Y-%m-%d %H:%M:%S}t.%{usec_frac}t] \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %{remote}p %v %A %p %R %X %{UNIQUE_ID}e %D" netnea`,
    lines: 'read',
    given: 'read',
  },
  {
    directive: String.raw`LogFormat "{ \"time\":\"%{%Y-%m-%dT%H:%M:%S}t.%{usec_frac}t\", \"msec\":%{msec}t, \"remote\":\"%a\", \"rport\":%{remote}p, \"k\":%k, \"x\":\"%X\", \"us\":%D, \"request\":\"%r\", \"status\":\"%>s\" }" json`,
    lines: unknown,
    given: 'read',
  },
  {
    directive: String.raw`LogFormat "%a:%{remote}p %k %{sec}t %T \"%r\" %>s" sec`,
    lines: unknown,
    given: 'read',
    resolution: 2000,
  },
  {
    directive: String.raw`LogFormat "%a %{c}L %k %{msec}t %{ms}T \"%r\" %>s %{remote}p" ms`,
    lines: unknown,
    given: 'read',
  },
  {
    directive: String.raw`LogFormat "%t\t%a\t%{remote}p\t%k\t%D\t%r" tabs`,
    lines: unknown,
    given: 'read',
    resolution: 1000,
  },
  { directive: `LogFormat "${common}" common`, lines: /common format/, given: /has no %\{remote\}p, %D/ },
  {
    directive: `LogFormat "%v:%p ${common} ${agent}" vhost_combined`,
    lines: /Apache's vhost_combined format/,
    given: /has no %\{remote\}p/,
  },
]

export const loggedFormats: readonly LoggedFormat[] = [
  ...nginxFormats.map((format) => ({ server: 'nginx' as const, ...format })),
  ...apacheFormats.map((format) => ({ server: 'apache' as const, ...format })),
]

export const nameOf = ({ directive }: LoggedFormat): string =>
  /^log_format (\w+)|(\w+)$/.exec(directive)!.slice(1).find(Boolean)!

/** A server that writes a log in each format. */
export interface Logging {
  readonly port: number
  log(name: string): Buffer
}

const of = (server: LoggedFormat['server']): readonly LoggedFormat[] =>
  loggedFormats.filter((format) => format.server === server)

export async function startLoggingNginx(): Promise<Logging> {
  let folder = ''
  const { port } = await nginx((port, inside) => {
    folder = inside
    const logs = of('nginx').map((format) => `access_log ${inside}/${nameOf(format)} ${nameOf(format)};`)
    return `${of('nginx')
      .map(({ directive }) => directive)
      .join('\n')}
  server { listen 127.0.0.1:${port}; ${logs.join(' ')} location / { proxy_pass http://127.0.0.1:${port}/inner; } location /inner { access_log off; return 200 ok; } }`
  })
  return { port, log: (name) => readFileSync(join(folder, name)) }
}

export async function startLoggingApache(): Promise<Logging> {
  let folder = ''
  const { port } = await apache(['dir', 'unique_id'], (inside) => {
    folder = inside
    writeFileSync(join(inside, 'index.html'), 'ok')
    const lines = of('apache').map(
      (format) => `${format.directive}\nCustomLog ${inside}/${nameOf(format)} ${nameOf(format)}`,
    )
    return `DocumentRoot ${inside}\nDirectoryIndex index.html\n${lines.join('\n')}`
  })
  return { port, log: (name) => readFileSync(join(folder, name)) }
}

export async function startLoggingCaddy(): Promise<Logging> {
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
  log {
    output file ${folder}/caddy
  }
  respond ok
}
`,
  )
  start('caddy', ['run', '--config', file], folder, { HOME: folder, XDG_DATA_HOME: folder })
  await listening(port)
  return { port, log: (name) => readFileSync(join(folder, name)) }
}

export async function startLoggingHaproxy(): Promise<Logging> {
  const { port, errors } = await haproxy(
    `  log stderr format raw local0
  option httplog
  http-request return status 200 content-type text/plain string ok`,
  )
  return { port, log: () => Buffer.from(errors()) }
}
