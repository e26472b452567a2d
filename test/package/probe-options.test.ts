import { writeFileSync } from 'node:fs'
import { createServer as createHttp2, createSecureServer } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { run } from '../support/command.ts'
import { answering, ok, rawServer } from '../support/hostile.ts'
import { serveHttp2 } from '../support/http2-server.ts'
import { scratch } from '../support/proxies.ts'
import { serve } from '../support/server.ts'
import { certificate } from '../support/tls.ts'

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

describe('keepalive-kit probe', { timeout: 30_000 }, () => {
  it('-H sends headers, in place of its own, and shows no value', async () => {
    const seen = new Set<string>()
    const { port } = await serve(
      (req, res) => {
        const { host, authorization, accept } = req.headers
        seen.add(`${host} ${authorization} ${accept} ${req.rawHeaders.filter((h) => h === 'Host').length}`)
        res.end('ok')
      },
      (server) => Object.assign(server, { keepAliveTimeout: 100 }),
    )
    const headers = ['-H', 'Authorization: Bearer s3cret', '--header', 'host: a.test', '-H', 'Accept:text/x']
    const { code, out, errors } = await run('probe', `127.0.0.1:${port}`, ...headers, '--timeline')
    expect(errors).toBe('')
    expect(code).toBe(0)
    expect([...seen]).toEqual(['a.test Bearer s3cret text/x 0'])
    expect(out).not.toContain('s3cret')
  })

  it.each([
    [/--header: the probe sets Connection itself/, '-H', 'Connection: close s3cret'],
    [/--header: the probe sets User-Agent itself/, '-H', 'User-Agent: s3cret'],
    [/--header: X has a character that no header may have/, '-H', 'X: a\r\nY: s3cret'],
    [/--header: a header is written as "Name: value"/, '-H', 's3cret'],
    [/there are more than 32 headers/, ...Array.from({ length: 33 }, (_, i) => ['-H', `X${i}: 1`]).flat()],
    [/there are more than 32 headers or 8192 characters/, '-H', `X: ${'x'.repeat(9_000)}`],
    [/--resolve must be host:port:address, got "a:80:b"/, '--resolve', 'a:80:b'],
    [/--resolve names no address for "host\.test:80"/, '--resolve', 'host.test:81:127.0.0.1'],
    [/--cacert: the file "\/none" cannot be read \(ENOENT\)/, '--cacert', '/none'],
    [/--cacert: the file "\/dev\/zero" has more than 4 MiB/, '--cacert', '/dev/zero'],
    [/the files of --cacert, --cert and --key cannot be used/, '--cert', import.meta.filename],
    [/--key is given without --cert/, '--key', '/none'],
  ])('refuses with %s', async (message, ...args) => {
    const { code, out, errors } = await run('probe', 'http://host.test/', ...args)
    expect(errors).toMatch(/^keepalive-kit probe: [^\n]+\n$/)
    expect(errors).toMatch(message)
    expect(errors).not.toContain('s3cret')
    expect(out).toBe('')
    expect(code).toBe(2)
  })

  it('refuses --resolve for a URL that has an address: it would not be used', async () => {
    const { code, errors } = await run('probe', 'http://127.0.0.1:1/', '--resolve', 'host.test:1:127.0.0.2')
    expect(errors).toBe(
      'keepalive-kit probe: the URL names an address, 127.0.0.1, so --resolve has no effect. Leave out --resolve, or write a host name in the URL.\n',
    )
    expect(code).toBe(2)
  })

  it('--resolve and --cacert reach a name at another address; --cert and --key say who asks', async () => {
    const { key, cert } = await certificate()
    const folder = scratch('probe-tls-')
    writeFileSync(join(folder, 'key.pem'), key)
    writeFileSync(join(folder, 'cert.pem'), cert)
    const subjects = new Set<string | undefined>()
    const { port } = await serve(
      (req, res) => {
        const { subject } = (req.socket as import('node:tls').TLSSocket).getPeerCertificate()
        subjects.add(subject?.CN as string | undefined)
        res.end('ok')
      },
      (server) => Object.assign(server, { keepAliveTimeout: 100 }),
      true,
      { requestCert: true, rejectUnauthorized: true, ca: cert } as object,
    )
    const args = [`https://localhost:${port}/`, '--resolve', `localhost:${port}:127.0.0.1`, '--quiet']
    const trust = ['--cacert', join(folder, 'cert.pem')]
    const own = ['--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')]
    const [whole, untrusted, unasked] = await Promise.all([
      run('probe', ...args, ...trust, ...own),
      run('probe', ...args, ...own),
      run('probe', ...args, '-k'),
    ])
    expect(whole.errors).toBe('')
    expect(whole.code).toBe(0)
    expect([...subjects]).toEqual(['localhost'])
    expect(untrusted.errors).toMatch(/is not trusted \(\w+\); --cacert trusts its issuer/)
    expect(unasked.errors).toMatch(/asks for a certificate of the client; pass --cert and --key/)
  })

  it('says in words that a server speaks HTTP/2 alone', async () => {
    const tls = await listening(createSecureServer(await certificate()))
    const plain = await listening(createHttp2())
    const [secure, open] = await Promise.all([
      run('probe', `https://127.0.0.1:${tls}/`, '-k'),
      run('probe', `http://127.0.0.1:${plain}/`),
    ])
    expect(secure).toMatchObject({ code: 2, errors: expect.stringMatching(/HTTP\/2 only; .* with --http2/) })
    expect(open).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/HTTP\/2 only; .* with --http2/),
    })
  })

  it.each([true, false])('--http2 measures HTTP/2, over TLS: %s', async (tls) => {
    const { port } = await serveHttp2(
      (_req, res) => void res.end('ok'),
      (session) => session.setTimeout(400, () => session.close()),
      tls,
    )
    const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}/`
    const args = ['--http2', '-k', '--max-wait', '3s', '--expect', 'goaway', '--expect', 'ping']
    const [text, json] = await Promise.all([
      run('probe', url, ...args, '--timeline'),
      run('probe', url, ...args, '--json'),
    ])
    expect(text.errors).toBe('')
    expect(text.code).toBe(0)
    expect(text.out.match(/^\S.*?(?= {2,})/gm)).toEqual([
      'protocol',
      'status',
      'reuse',
      'times',
      'idle timeout',
      'max requests',
      'race',
      'PING',
      'at once',
      'ALPN',
    ])
    expect(text.out).toMatch(
      /^idle timeout {2}\S+ m?s, closed by the server with GOAWAY \(last stream 1, NO_ERROR/m,
    )
    expect(text.out).toMatch(/^ +\S+ s {2}GOAWAY from the server: last stream 1, NO_ERROR$/m)
    expect(text.out).toMatch(/^ +\S+ s {2}PING from the client\n +\S+ s {2}PING from the server: answer$/m)
    expect(JSON.parse(json.out)).toMatchObject({
      version: 1,
      protocol: tls ? 'h2' : 'h2c',
      result: 'pass',
      advertised: null,
      http10KeepAlive: null,
      pipelining: null,
      halfClose: null,
      ping: { answered: true },
      idleTimeout: { goaway: { lastStreamId: 1, errorCode: 'NO_ERROR' } },
    })
  })

  it('says beforehand how long it waits, and in words that a wait has expired', async () => {
    const silent = await rawServer(answering((socket) => void socket.write(ok)))
    const slow = await rawServer(answering((socket) => void setTimeout(() => socket.write(ok), 400)))
    const [open, quiet, expired] = await Promise.all([
      run('probe', `127.0.0.1:${silent.port}`, '--max-wait', '5s'),
      run('probe', `127.0.0.1:${silent.port}`, '--max-wait', '5s', '--quiet'),
      run('probe', `127.0.0.1:${slow.port}`, '--max-wait', '1s'),
    ])
    expect(open.errors).toBe(
      'keepalive-kit probe: waiting up to 5 s until the server closes idle connections\n',
    )
    expect(open.out).toMatch(/^idle timeout +longer than the 5(\.\d+)? s waited$/m)
    expect(open.out).toMatch(/when the wait expired\.\n(.*\n)*\nWhat to do\n- Raise --max-wait/)
    expect(quiet.errors).toBe('')
    expect(expired.errors).toMatch(/did not come within 1 s, the time of the whole step; raise --max-wait/)
  })
})
