import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { certificate } from './tls.ts'
import { sleep } from './within.ts'

/** A real proxy, started for one test. */
export interface RunningProxy {
  readonly port: number
  /** Its access log, if it was told to write one. */
  readonly accessLog: string
  /** Its error log, or its standard error. */
  errors(): string
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer().on('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })
}

/** What a proxy writes about the connections of its clients, and how long it keeps idle ones. */
export interface ClientLog {
  /** A `log_format` of nginx, a `LogFormat` of Apache. */
  readonly format: string
  readonly keepAliveTimeout: string
}

/** @param upstream - the servers and the other lines of the `upstream` block. */
export function startNginx(upstream: string, clients?: ClientLog): Promise<RunningProxy> {
  return nginx(
    (port, folder) => `
  keepalive_requests 1000000;
  ${clients ? `log_format own '${clients.format}'; access_log ${folder}/access.log own; keepalive_timeout ${clients.keepAliveTimeout};` : 'access_log off;'}
  upstream app { ${upstream} }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }`,
  )
}

/** nginx that answers itself. @param lines - of its `server` block. */
export async function serveByNginx(lines: string, tls = false): Promise<RunningProxy> {
  const { key, cert } = await certificate()
  const folder = scratch('nginx-tls-')
  writeFileSync(join(folder, 'key.pem'), key)
  writeFileSync(join(folder, 'cert.pem'), cert)
  const secrets = `ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;`
  return nginx(
    (port) => `
  access_log off;
  server {
    listen 127.0.0.1:${port} ${tls ? 'ssl' : ''};
    ${tls ? secrets : ''} ${lines}
    location / { return 200 ok; }
  }`,
  )
}

export async function nginx(http: (port: number, folder: string) => string): Promise<RunningProxy> {
  const port = await freePort()
  const folder = scratch('nginx-')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (of) => `${of}_temp_path ${folder}/${of};`,
  )
  writeFileSync(
    join(folder, 'nginx.conf'),
    `worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log info;
events { worker_connections 4096; }
http { ${temporary.join(' ')} ${http(port, folder)}
}`,
  )
  const log = join(folder, 'error.log')
  start('nginx', ['-c', join(folder, 'nginx.conf'), '-e', log], folder)
  await listening(port)
  return { port, errors: () => readFileSync(log, 'utf8'), accessLog: join(folder, 'access.log') }
}

/** @param servers - the `server` lines of the backend and its options. */
export function startHaproxy(servers: string): Promise<RunningProxy> {
  return haproxy('  default_backend app', `backend app\n${servers}`)
}

/** HAProxy that answers itself. @param lines - of its `frontend` section. */
export function serveByHaproxy(lines: string): Promise<RunningProxy> {
  return haproxy(`  http-request return status 200 content-type text/plain string ok\n  ${lines}`)
}

export async function haproxy(frontend: string, more = ''): Promise<RunningProxy> {
  const port = await freePort()
  const folder = scratch('haproxy-')
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(
    file,
    `defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:${port}
${frontend}
${more}
`,
  )
  const process = start('haproxy', ['-f', file, '-db'], folder)
  let errors = ''
  process.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  await listening(port)
  return { port, errors: () => errors, accessLog: '' }
}

/** @param parameters - of `ProxyPass`, e.g. `ttl=2`. */
export function startApache(
  upstream: number,
  parameters: string,
  clients?: ClientLog,
): Promise<RunningProxy> {
  return apache(['proxy', 'proxy_http'], (folder) => {
    const pass = `ProxyPass / http://127.0.0.1:${upstream}/ ${parameters}`
    return clients ? `${pass}\n${apacheLog(clients, folder)}` : pass
  })
}

function apacheLog({ format, keepAliveTimeout }: ClientLog, folder: string): string {
  return `KeepAliveTimeout ${keepAliveTimeout}
LogFormat "${format.replaceAll('"', '\\"')}" own
CustomLog ${folder}/access.log own`
}

/** @param members - the lines of the balancer's `Proxy` section. */
export function startApacheBalancer(members: string): Promise<RunningProxy> {
  const modules = [
    'proxy',
    'proxy_http',
    'slotmem_shm',
    'proxy_balancer',
    'lbmethod_byrequests',
    'proxy_hcheck',
  ]
  return apache(modules, () => `<Proxy balancer://app>\n${members}\n</Proxy>\nProxyPass / balancer://app/`)
}

/** Apache that answers itself, with a file. @param lines - of its configuration. */
export function serveByApache(lines: string): Promise<RunningProxy> {
  return apache(['dir'], (folder) => {
    writeFileSync(join(folder, 'index.html'), 'ok')
    return `DocumentRoot ${folder}\nDirectoryIndex index.html\n${lines}`
  })
}

/** Caddy that answers itself. @param lines - of its global options. */
export async function serveByCaddy(lines: string): Promise<RunningProxy> {
  const port = await freePort()
  const folder = scratch('caddy-')
  const file = join(folder, 'Caddyfile')
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
  ${lines}
}
http://:${port} {
  bind 127.0.0.1
  respond ok
}
`,
  )
  const process = start('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], folder, {
    HOME: folder,
    XDG_DATA_HOME: folder,
  })
  let errors = ''
  process.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  await listening(port)
  return { port, errors: () => errors, accessLog: '' }
}

export async function apache(
  modules: readonly string[],
  lines: (folder: string) => string,
): Promise<RunningProxy> {
  const port = await freePort()
  const folder = scratch('apache-')
  const file = join(folder, 'httpd.conf')
  const log = join(folder, 'error.log')
  // One process: each has its own connections to the server.
  writeFileSync(
    file,
    `ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/pid
ErrorLog ${log}
DefaultRuntimeDir ${folder}
Listen 127.0.0.1:${port}
${['mpm_event', 'authz_core', ...modules].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
StartServers 1
ServerLimit 1
ThreadLimit 256
ThreadsPerChild 256
MaxRequestWorkers 256
${lines(folder)}
`,
  )
  start('apache2', ['-f', file, '-D', 'FOREGROUND'], folder)
  await listening(port)
  return { port, errors: () => readFileSync(log, 'utf8'), accessLog: join(folder, 'access.log') }
}

/** A folder that is removed when the test is over. */
export function scratch(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Starts a program that is stopped when the test is over. */
export function start(
  command: string,
  args: readonly string[],
  cwd: string,
  more: Record<string, string> = {},
): ChildProcess {
  // Debian has most of them in sbin, which is not in every PATH.
  const env = { ...process.env, ...more, PATH: `${process.env.PATH}:/usr/sbin` }
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await Promise.race([new Promise((done) => child.once('exit', done)), sleep(2_000)])
    child.kill('SIGKILL')
  })
  return child
}

/** Waits until a program listens on the port. */
export async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false))
      socket.on('connect', () => socket.destroy())
    })
    if (open) return
    await sleep(25)
  }
  throw new Error(`nothing listens on ${port}`)
}
