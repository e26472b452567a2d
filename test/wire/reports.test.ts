import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { CloseMessage, RequestMessage } from '../../src/index.ts'
import { channelNames, keepAlive } from '../../src/index.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'
import { eventually } from '../support/within.ts'

/** All messages of a channel until the test ends. */
function listenTo<T>(name: string): T[] {
  const messages: T[] = []
  const listener = (message: unknown): void => void messages.push(message as T)
  subscribe(name, listener)
  onTestFinished(() => void unsubscribe(name, listener))
  return messages
}

/** Captures the output of `process.emitWarning`. */
function catchWarnings(): (Error & { code?: string })[] {
  const warnings: (Error & { code?: string })[] = []
  const listener = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listener)
  onTestFinished(() => void process.off('warning', listener))
  return warnings
}

it('prints one line for each closed connection', async () => {
  const lines: string[] = []
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
  onTestFinished(() => write.mockRestore())
  for (const log of [true, 'logfmt', 'json'] as const) {
    const kit = keepAlive({ log })
    const { port } = await serve((_req, res) => void res.end('ok'), kit.attach)
    const client = await RawClient.open({ port })
    await client.get()
    await client.get()
    client.close()
    await eventually(() => kit.snapshot().connections.closed === 1, 'the close')
  }
  const own = lines.filter((line) => /client-idle/.test(line))
  expect(own).toHaveLength(3)
  for (const line of own.slice(0, 2)) {
    expect(line).toMatch(
      /^id=\d+ requests=2 reused=1 age=\d+ idleAtClose=\d+ closedBy=client reason=client-idle late=0 dropped=0 bytesRead=\d+ bytesWritten=\d+ remoteAddress=127.0.0.1 remotePort=\d+ protocol=1.1 closedAt=\d{13} localAddress=127.0.0.1 localPort=\d+ pid=\d+\n$/,
    )
  }
  expect(JSON.parse(own[2]!)).toMatchObject({
    localPort: expect.any(Number),
    pid: process.pid,
    requests: 2,
    closedBy: 'client',
    reason: 'client-idle',
    tls: null,
  })
})

it('publishes a connection on channels', async () => {
  const open = listenTo(channelNames.open)
  const requests = listenTo<RequestMessage>(channelNames.request)
  const idle = listenTo(channelNames.idle)
  const close = listenTo<CloseMessage>(channelNames.close)
  const kit = keepAlive({ maxRequests: 3, jitter: 0 })
  const { port } = await serve((req, res) => {
    if (req.url === '/cut') res.write('a part', () => req.socket.destroy())
    else res.writeHead(req.url === '/none' ? 404 : 200).end('ok')
  }, kit.attach)
  const client = await RawClient.open({ port })
  await client.get('/')
  await client.get('/none')
  await client.get('/last')
  await client.end()
  client.close()
  const other = await RawClient.open({ port })
  other.write('GET /cut HTTP/1.1\r\nHost: test\r\n\r\n')
  await other.end()
  await eventually(() => close.length === 2, 'two closes')
  expect(open).toHaveLength(2)
  expect(idle).toHaveLength(2)
  expect(requests.map(({ number, url, status, outcome }) => ({ number, url, status, outcome }))).toEqual([
    { number: 1, url: '/', status: 200, outcome: '+' },
    { number: 2, url: '/none', status: 404, outcome: '+' },
    { number: 3, url: '/last', status: 200, outcome: '-' },
    { number: 1, url: '/cut', status: 200, outcome: 'X' },
  ])
  expect(close).toMatchObject([
    { connection: { requests: 3, reason: 'max-requests' } },
    { connection: { requests: 1, reason: 'app' } },
  ])
  for (const { policy } of close) expect(policy).toBe(kit.policy)
})

it.each([
  [
    'throws',
    () => {
      throw new Error('no disk')
    },
  ],
  ['rejects', () => Promise.reject(new Error('no disk'))],
])('a log function that %s reaches no request, and is told of', async (_, log) => {
  const warnings = catchWarnings()
  const told = listenTo(channelNames.warning)
  const kit = keepAlive({ log })
  const { port } = await serve((_req, res) => void res.end('ok'), kit.attach)
  for (let i = 0; i < 2; i++) {
    const client = await RawClient.open({ port })
    expect((await client.get('/', 'Connection: close\r\n')).body).toBe('ok')
    await client.end()
    client.close()
  }
  await eventually(() => told.length === 2 && warnings.length > 0, 'the warnings')
  expect(told[0]).toMatchObject({ warning: { code: 'KEEPALIVE_LOG_FAILED', cause: new Error('no disk') } })
  expect(warnings.map(({ code }) => code)).toEqual(['KEEPALIVE_LOG_FAILED'])
  expect(kit.snapshot().connections.closed).toBe(2)
})
