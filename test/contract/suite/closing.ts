import { expect, it } from 'vitest'
import { sleep } from '../../support/within.ts'
import type { Bench } from './bench.ts'

/** What surrounds a closing response on the wire, and the record that is left of the connection. */
export function closing(bench: Bench): void {
  it('executes nothing that is pipelined behind the closing response, and counts it', async () => {
    const { kit, client, nextClosed, served } = await bench.start({ maxRequests: 2 })
    const raw = await client()
    raw.write([1, 2, 3, 4].map((n) => `GET /?${n} HTTP/1.1\r\nHost: test\r\n\r\n`).join(''))
    expect(await raw.end()).toBe('FIN')
    expect(raw.responses.map(({ headers }) => headers.connection)).toEqual(['keep-alive', 'close'])
    raw.close()
    expect(await nextClosed()).toMatchObject({ requests: 2, dropped: 2, late: 0, reason: 'max-requests' })
    expect(served).toEqual(['/?1', '/?2'])
    expect(kit.snapshot().requests).toMatchObject({ total: 2, reused: 1, dropped: 2 })
  })

  it('gives the whole closing response to a client whose body nobody reads', async () => {
    const { client, nextClosed } = await bench.start({ maxRequests: 1 })
    const raw = await client()
    const errors: Error[] = []
    raw.socket.on('error', (error) => errors.push(error))
    const half = 'x'.repeat(2_000_000)
    const head = `POST / HTTP/1.1\r\nHost: test\r\nContent-Type: a/b\r\nContent-Length: ${2 * half.length}\r\n\r\n`
    raw.write(head).write(half)
    expect(await raw.end()).toBe('FIN')
    expect(raw.responses).toMatchObject([{ status: 200, body: 'ok', headers: { connection: 'close' } }])
    raw.write(half).socket.end()
    expect(await nextClosed()).toMatchObject({
      requests: 1,
      late: 0,
      dropped: 0,
      reason: 'max-requests',
      bytesRead: head.length + 2 * half.length,
    })
    expect(errors).toEqual([])
  })

  it('leaves a closed record with the right numbers', async () => {
    const { kit, client, nextClosed } = await bench.start()
    const raw = await client()
    const { localPort } = raw.socket
    for (const path of ['/', '/stream', '/missing']) await raw.get(path)
    await sleep(30)
    raw.socket.end()
    const closed = await nextClosed()
    expect(closed).toMatchObject({
      requests: 3,
      reused: 2,
      closedBy: 'client',
      reason: 'client-idle',
      late: 0,
      dropped: 0,
      bytesRead:
        '/'.length + '/stream'.length + '/missing'.length + 3 * 'GET  HTTP/1.1\r\nHost: test\r\n\r\n'.length,
      bytesWritten: raw.text.length,
      remoteAddress: '127.0.0.1',
      remotePort: localPort,
      tls: bench.tls ? 'TLSv1.3' : null,
      protocol: '1.1',
    })
    expect(closed.idleAtClose).toBeGreaterThanOrEqual(25)
    expect(closed.age).toBeGreaterThanOrEqual(closed.idleAtClose)
    expect(kit.snapshot()).toMatchObject({
      connections: { opened: 1, closed: 1, open: 0, reasons: { 'client-idle': 1 } },
      requests: { total: 3, reused: 2 },
    })
  })
}
