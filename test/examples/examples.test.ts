import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { H2Client } from '../support/h2.ts'
import { RawClient } from '../support/raw.ts'
import type { RawResponse } from '../support/responses.ts'
import { serve } from '../support/server.ts'
import { textOf } from '../support/text-of.ts'
import { certificate } from '../support/tls.ts'
import { eventually, within } from '../support/within.ts'

const folder = join(import.meta.dirname, '../../examples')
const examples = readdirSync(folder).filter((name) => name.endsWith('.mjs'))

interface Started {
  readonly child: ChildProcess
  readonly url: URL
  /** Standard output after the URL, by line. */
  lines(): string[]
}

/** Starts an example and waits for its URL; it is stopped when the test is over. */
async function start(name: string, env: Record<string, string> = {}): Promise<Started> {
  const child = spawn(process.execPath, [join(folder, name)], {
    env: { ...process.env, NODE_ENV: 'production', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => stop(child))
  let out = ''
  let errors = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (errors += chunk))
  const lines = (): string[] => out.split('\n').slice(0, -1)
  await eventually(() => lines().length > 0 || child.exitCode !== null, `the URL of ${name}`, 10_000)
  expect(errors).toBe('')
  return { child, url: new URL(lines()[0]!), lines: () => lines().slice(1) }
}

/** What an example prints that ends by itself. */
async function outputOf(name: string): Promise<string[]> {
  const child = spawn(process.execPath, [join(folder, name)], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => stop(child))
  return (await textOf(child.stdout)).trimEnd().split('\n')
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill()
  await within(5_000, `the exit of ${child.spawnfile} ${child.pid}`, exit)
}

/** Two requests on one connection. */
async function ask(url: URL): Promise<RawResponse[]> {
  const client = await RawClient.open({ port: Number(url.port), tls: url.protocol === 'https:' })
  const responses = [await client.get(), await client.get()]
  client.close()
  return responses
}

const bodies = (responses: RawResponse[]): string[] => responses.map(({ body }) => body)

describe.each(examples)('%s', (name) => {
  it('has at most 40 lines, and a test', () => {
    expect(readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(40)
    expect(tested).toContain(name)
  })
})

const tested = [
  'before-and-after.mjs',
  'cluster.mjs',
  'dashboard.mjs',
  'drain.mjs',
  'express.mjs',
  'fastify.mjs',
  'http2.mjs',
  'https.mjs',
  'koa.mjs',
  'morgan.mjs',
  'opentelemetry.mjs',
  'outgoing.mjs',
  'pino.mjs',
  'plain-http.mjs',
  'prometheus-cluster.mjs',
  'prometheus.mjs',
]

it('before-and-after.mjs loses requests by plain Node alone', async () => {
  const [plain, kit] = await within(30_000, 'both halves', outputOf('before-and-after.mjs'))
  expect(plain).toMatch(/^plain Node: [1-9]\d* of 400 requests lost$/)
  expect(kit).toBe('with the kit: 0 of 400 requests lost')
}, 40_000)

it('outgoing.mjs shows an app that makes an agent for each request', async () => {
  const [first, second, finding] = await within(10_000, 'the lines', outputOf('outgoing.mjs'))
  expect(first).toBe('one agent: 30 requests on 1 connections')
  expect(second).toBe('an agent for each: 30 requests on 30 connections')
  expect(finding).toMatch(/^OUTGOING_AGENT_PER_REQUEST: Create the agent once, /)
})

it('plain-http.mjs tells the request number, and logs the closed connection', async () => {
  const { url, lines } = await start('plain-http.mjs')
  expect(bodies(await ask(url))).toEqual(['request 1 on connection 1\n', 'request 2 on connection 1\n'])
  await eventually(() => lines().length === 1, 'a closed record')
  expect(lines()[0]).toMatch(/^id=1 requests=2 reused=1 .* reason=client-idle /)
})

it('http2.mjs answers by HTTP/2, and drains', async () => {
  const { url, child, lines } = await start('http2.mjs')
  const client = await H2Client.open({ port: Number(url.port) })
  const streams = client.askAtOnce(2)
  for (const stream of streams) expect(await client.answer(stream)).toBe(200)
  expect(JSON.parse(client.body(streams[1]!))).toMatchObject({ requests: 2, protocol: '2.0' })
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await client.untilGoaway()).toEqual({ last: streams[1], code: 0 })
  await within(10_000, 'the drain', exit)
  expect(lines().join('\n')).toMatch(/requests=2 .* reason=drain .* requests answered in \d+ ms/s)
})

describe('https.mjs', () => {
  const secrets = mkdtempSync(join(tmpdir(), 'keepalive-kit-'))
  const paths = { TLS_KEY: join(secrets, 'key.pem'), TLS_CERT: join(secrets, 'cert.pem') }
  beforeAll(async () => {
    const { key, cert } = await certificate()
    writeFileSync(paths.TLS_KEY, key)
    writeFileSync(paths.TLS_CERT, cert)
    return () => rmSync(secrets, { recursive: true })
  })

  it('tells the request number and the TLS version', async () => {
    const { url } = await start('https.mjs', paths)
    expect(bodies(await ask(url))).toEqual(['request 1 over TLSv1.3\n', 'request 2 over TLSv1.3\n'])
  })
})

it('express.mjs advertises a timeout above that of the load balancer, and serves its snapshot', async () => {
  const { url } = await start('express.mjs')
  const responses = await ask(url)
  expect(bodies(responses)).toEqual(['request 1, reused 0\n', 'request 2, reused 1\n'])
  for (const { headers } of responses) expect(headers['keep-alive']).toBe('timeout=65')
  const snapshot = (await (await fetch(new URL('/snapshot', url))).json()) as { requests: object }
  expect(snapshot.requests).toMatchObject({ total: 3, reused: 1 })
})

it.each(['koa.mjs', 'fastify.mjs'])('%s tells the request number and reaches the kit', async (name) => {
  const { url } = await start(name)
  await ask(url)
  expect(bodies(await ask(url))).toEqual(['request 1 of 3\n', 'request 2 of 4\n'])
})

it('morgan.mjs logs %k 0, then 1', async () => {
  const { url, lines } = await start('morgan.mjs')
  await ask(url)
  await eventually(() => lines().length === 2, 'two lines')
  expect(lines()[0]).toBe('GET / 200 %k=0 %X=+ idle=0')
  expect(lines()[1]).toMatch(/^GET \/ 200 %k=1 %X=\+ idle=\d+$/)
})

it('pino.mjs logs the request number in each line', async () => {
  const { url, lines } = await start('pino.mjs')
  await ask(url)
  await eventually(() => lines().length === 4, 'four lines')
  const logged = lines().map((line) => JSON.parse(line))
  expect(
    logged.map(({ msg, requestNumber, connectionOutcome }) => [msg, requestNumber, connectionOutcome]),
  ).toEqual([
    ['working', 1, undefined],
    ['request completed', 1, '+'],
    ['working', 2, undefined],
    ['request completed', 2, '+'],
  ])
})

it('drain.mjs finishes its connections on SIGTERM, survives a second one, and ends', async () => {
  // As a database pool does: something else keeps the process alive.
  const { child, url, lines } = await start('drain.mjs', {
    WAIT: '200',
    NODE_OPTIONS: '--import=data:text/javascript,setInterval(()=>{},1000)',
  })
  const client = await RawClient.open({ port: Number(url.port) })
  expect((await client.get()).body).toBe('ok\n')
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await eventually(
    () => client.ended === 'FIN' || client.responses.some(({ status }) => status === 503),
    'the drain',
  )
  child.kill('SIGTERM')
  client.socket.end()
  expect(await within(5_000, 'the exit', exit)).toEqual([0, null])
  expect(lines().join(' ')).toMatch(/closedIdle: 1/)
})

it('cluster.mjs drains its workers on SIGTERM, and ends', async () => {
  const { child, url, lines } = await start('cluster.mjs')
  // The primary deals connections out in turn.
  const clients = [
    await RawClient.open({ port: Number(url.port) }),
    await RawClient.open({ port: Number(url.port) }),
  ]
  for (const client of clients) expect((await client.get()).body).toBe('ok\n')
  for (const client of clients) client.socket.on('end', () => client.socket.end())
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await within(10_000, 'the exit', exit)).toEqual([0, null])
  for (const client of clients) expect(client.ended).toBe('FIN')
  expect(lines().sort()).toEqual(['worker 1 drained, 1 closed idle', 'worker 2 drained, 1 closed idle'])
})

it('dashboard.mjs shows its page to this machine, or to whoever has the password', async () => {
  const open = await start('dashboard.mjs')
  expect(await (await fetch(new URL('/keepalive', open.url))).text()).toContain('<title>keep-alive</title>')
  const { url } = await start('dashboard.mjs', { PAGE_PASSWORD: 'secret' })
  expect(bodies(await ask(url))).toEqual(['ok\n', 'ok\n'])
  const refused = await fetch(new URL('/keepalive/', url))
  expect(refused.status).toBe(401)
  expect(refused.headers.get('www-authenticate')).toBe('Basic realm="keepalive"')
  const headers = { Authorization: `Basic ${btoa('admin:secret')}` }
  expect((await fetch(new URL('/keepalive/clients.json', url), { headers })).status).toBe(200)
})

it('prometheus.mjs serves its metrics', async () => {
  const { url } = await start('prometheus.mjs')
  await ask(url)
  const response = await fetch(new URL('/metrics', url))
  expect(response.headers.get('content-type')).toMatch(/^text\/plain;/)
  const text = await response.text()
  expect(text).toContain('\nkeepalive_requests_total 3\n')
  expect(text).toContain('\nkeepalive_requests_reused_total 1\n')
  expect(text).toContain('\nkeepalive_idle_gap_seconds_count{outcome="reused"} 1\n')
})

it('prometheus-cluster.mjs adds its workers up', async () => {
  const { url, lines } = await start('prometheus-cluster.mjs', { METRICS_PORT: '0' })
  // The primary deals connections out in turn.
  await Promise.all([ask(url), ask(url), ask(url), ask(url)])
  await eventually(() => lines().length === 1, 'the URL of the metrics')
  const text = await (await fetch(lines()[0]!)).text()
  expect(text).toContain('\nkeepalive_connections_opened_total 4\n')
  expect(text).toContain('\nkeepalive_requests_total 8\n')
  expect(text).toContain('\nkeepalive_requests_reused_total 4\n')
  expect(text).toContain('\nkeepalive_idle_gap_seconds_count{outcome="reused"} 4\n')
  expect(text).toContain('\nkeepalive_advertised_timeout_seconds 65\n')
})

it('opentelemetry.mjs sends its metrics', async () => {
  const received: string[] = []
  const { port } = await serve(
    async (req, res) => {
      received.push(await textOf(req))
      res.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
    },
    () => {},
  )
  const { url } = await start('opentelemetry.mjs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
  })
  await ask(url)
  const names = ['http.server.open_connections', 'http.server.connection.duration', 'keepalive.requests']
  await eventually(() => names.every((name) => received.at(-1)?.includes(`"${name}"`)), 'the metrics')
})
