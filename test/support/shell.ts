import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { generate } from 'selfsigned'
import { trackOutgoing } from '../../src/outgoing.ts'
import { lineOf, recordOf } from './closed-record.ts'
import { emptySnapshot } from './empty-snapshot.ts'

const root = join(import.meta.dirname, '../..')

/** Commands that the test only notes: their arguments are looked at, and nothing is installed or deployed. */
const noted = ['npm', 'az', 'gcloud', 'docker', 'aws', 'heroku', 'kubectl', 'pm2', 'varnishncsa']

/** The apps that the documents start. */
const apps = [
  'app.js',
  'server.js',
  'dist/main.js',
  'dist/server/entry.mjs',
  'build/index.js',
  'build/server/index.js',
  '.output/server/index.mjs',
]

/** Hosts of the documents, all of them the server of this test. */
const hosts = ['localhost', 'app.example.com', 'staging.example.com', 'internal.example']

/** A folder in which the shell lines of the documents run as they stand. */
export interface Shell {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** The commands noted so far, a line each. */
  calls(): string[]
  close(): void
}

export async function makeShell(): Promise<Shell> {
  const folder = mkdtempSync(join(tmpdir(), 'shell-'))
  const bin = join(folder, '.bin')
  const calls = join(folder, '.calls')
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) }],
  })
  const plain = createServer({ keepAliveTimeout: 100 }, answer)
  const http2 = createHttp2Server(answer)
  http2.on('session', (session) => session.setTimeout(400, () => session.close()))
  // HTTP/2 for the probe that asks for it, HTTP/1.1 for the others.
  const secure = createTlsServer({ key, cert, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
    const server = socket.alpnProtocol === 'h2' ? http2 : plain
    server.emit('connection', socket)
  })
  const ports = await Promise.all([listen(plain), listen(secure)])

  mkdirSync(bin)
  const script = (name: string, text: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  for (const name of noted) script(name, `echo "${name} $*" >> "${calls}"`)
  script('next', 'exec node app.js')
  script('curl', `exec env NODE_OPTIONS="$ONLY_HERE" node "${join(folder, 'curl.mjs')}" "$@"`)
  script('npx', npx(join(root, 'dist/cli.cjs')))
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}')
  writeFileSync(join(folder, 'curl.mjs'), curl)
  for (const app of apps) {
    mkdirSync(dirname(join(folder, app)), { recursive: true })
    writeFileSync(join(folder, app), app.endsWith('.mjs') ? esmApp : cjsApp)
  }
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/keepalive-kit'), 'dir')
  writeFileSync(join(folder, 'snapshot.json'), JSON.stringify(emptySnapshot()))
  writeFileSync(join(folder, 'access.log.gz'), gzipSync(accessLog()))
  for (const [name, content] of Object.entries(failures())) writeFileSync(join(folder, name), content)
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'only-here.cjs'), onlyHere(ports, folder))

  const { NODE_OPTIONS: _, FORCE_COLOR: _force, ...env } = process.env
  return {
    folder,
    env: {
      ...env,
      PATH: [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
      ONLY_HERE: `--require ${join(folder, 'only-here.cjs')}`,
      NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem'),
    },
    calls: () => readFileSync(calls, 'utf8').trim().split('\n'),
    close() {
      plain.close()
      plain.closeAllConnections()
      secure.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

function answer(req: { readonly url?: string | undefined }, res: { end(text: string): unknown }): void {
  const url = req.url ?? ''
  if (url.startsWith('/snapshot')) res.end(JSON.stringify(emptySnapshot()))
  else if (url.startsWith('/outgoing.json')) res.end(JSON.stringify(trackedNothing()))
  else if (url.startsWith('/api/v1/query_range')) res.end(JSON.stringify(series))
  else res.end('ok')
}

/** What a Prometheus answers: the same for every question. */
const series = {
  status: 'success',
  data: {
    resultType: 'matrix',
    result: ['1.024', '2.048', '+Inf'].map((le, i) => ({
      metric: { outcome: 'reused', le },
      values: [[Math.floor(Date.now() / 1000), String(100 * (i + 1))]],
    })),
  },
}

/** Of nginx, with connections that are reused after some seconds. */
function accessLog(): string {
  return Array.from({ length: 200 }, (_, i) => {
    const [connection, number] = [Math.floor(i / 10) + 1, (i % 10) + 1]
    const time = (1.7e9 + connection * 50 + number * 2).toFixed(3)
    return `192.0.2.7 ${connection} ${number} ${time} 0.001 "GET / HTTP/1.1" 200\n`
  }).join('')
}

function trackedNothing(): object {
  const outgoing = trackOutgoing()
  const snapshot = outgoing.snapshot()
  outgoing.stop()
  return snapshot
}

/** Logs of proxies with a failure, and the records that explain it. */
function failures(): Readonly<Record<string, string | Buffer>> {
  const records = `${lineOf(recordOf())}\n`
  const haproxy =
    '10.9.8.7:5000 [28/Nov/2026:12:00:00.000] in app/s1 0/0/0/-1/5 502 209 - - SH-- 1/1/0/0/0 0/0 "POST /a HTTP/1.1" 10.0.0.1:40000 10.0.0.5:3000\n'
  return {
    'error.log':
      '2026/11/28 12:00:00 [error] 23#23: *1 upstream prematurely closed connection while reading response header from upstream, client: 10.9.8.7, server: , request: "POST /a HTTP/1.1", upstream: "http://10.0.0.5:3000/a", host: "a"\n',
    'haproxy.log.gz': gzipSync(haproxy),
    'alb.log':
      'http 2026-11-28T12:00:00.005000Z app/a/1 10.9.8.7:5000 10.0.0.5:3000 0.000 -1 -1 502 - 100 200 "POST http://a:80/a HTTP/1.1" "curl" - - arn "Root=1-2-3" "-" "-" 0 2026-11-28T12:00:00.000000Z "forward" "-" "-" "10.0.0.5:3000" "-" "-" "-"\n',
    'closed.json': records,
    'pod-1.log': records,
    'pod-2.log': records,
  }
}

/** All connections go to the servers of this test, whatever host and port a line names; system logs are its own. */
const onlyHere = ([plain, secure]: [number, number], folder: string): string => `
const fs = require('node:fs')
const { basename, join } = require('node:path')
const here = (path) => (String(path).startsWith('/var/log/') ? join(${JSON.stringify(folder)}, basename(path)) : path)
for (const [owner, name] of [[fs, 'createReadStream'], [fs.promises, 'open']]) {
  const original = owner[name]
  owner[name] = (path, ...more) => original(here(path), ...more)
}
const dns = require('node:dns')
const { Socket } = require('node:net')
dns.promises.lookup = async () => ({ address: '127.0.0.1', family: 4 })
const { connect } = Socket.prototype
Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args
  if (typeof options === 'object' && options.port) {
    options.port = Number(options.port) === 443 ? ${secure} : ${plain}
    options.host = '127.0.0.1'
  }
  return Reflect.apply(connect, this, args)
}`

/** The kit's own command is the one that was built. A probe that was made may have failed: only a mistake ends with 2. */
const npx = (cli: string): string => `
name="$1"
shift
case "$name" in
  keepalive-kit)
    NODE_OPTIONS="$ONLY_HERE" node "${cli}" "$@"
    code=$?
    if [ "$1" = probe ] && [ "$code" = 1 ]; then exit 0; fi
    exit "$code" ;;
  next | react-router-serve) exec node app.js ;;
  *) echo "npx $name is not known to the test" >&2; exit 127 ;;
esac`

/** Prints the head of a response, or its body. */
const curl = `
const { request } = await import('node:http')
const [place, ...flags] = process.argv.slice(2).reverse()
const url = place.includes('://') ? place : 'http://' + place
request(url, { headers: { Connection: 'keep-alive' } }, async (response) => {
  let body = ''
  for await (const chunk of response) body += chunk
  console.log(/^-\\w*[iI]/.test(flags.join(' ')) ? response.rawHeaders.join(' ') : body)
  process.exit()
}).end()`

/** Tells what its own server advertises, and ends. */
const app = `
const server = createServer((_req, res) => res.end()).listen(0, '127.0.0.1', () => {
  const { port } = server.address()
  get({ port, host: '127.0.0.1', headers: { connection: 'keep-alive' } }, (response) => {
    console.log('Keep-Alive: ' + response.headers['keep-alive'])
    process.exit()
  })
})`
const cjsApp = `const { createServer, get } = require('node:http')${app}`
const esmApp = `import { createServer, get } from 'node:http'${app}`
