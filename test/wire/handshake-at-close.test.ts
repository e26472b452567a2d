import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { serve } from '../support/server.ts'
import { sides } from '../support/sides.ts'
import { eventually } from '../support/within.ts'

// `server.close()` closes idle connections. One in its TLS handshake is not idle: its request comes next.

const tlsSides = sides.filter(({ tls }) => tls)

describe.each(tlsSides)('on $name', (side) => {
  it('close() waits for a handshake and its first request', async () => {
    const { server, port } = await serve((_req, res) => void res.end('ok'), side.attach, true)
    let accepted = 0
    server.on('connection', () => accepted++)
    const tcp = connect(port, '127.0.0.1')
    await eventually(() => accepted === 1, 'the connection')
    server.close()
    let text = ''
    let failed = false
    const client = connectTls({ socket: tcp, rejectUnauthorized: false })
    client.on('error', () => {
      failed = true
    })
    client.on('close', () => {
      failed = true
    })
    client.on('data', (chunk) => {
      text += chunk
    })
    client.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n')
    await eventually(() => failed || text.endsWith('ok'), 'the answer')
    client.destroy()
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
  })
})
