import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { ProbeReport } from '../../src/probe/report.ts'
import { ageRequests } from '../../src/probe/steps/age.ts'
import { raceRequests } from '../../src/probe/steps/race.ts'
import { run, startCommand } from '../support/command.ts'
import { answering, ok, rawServer } from '../support/hostile.ts'
import { freePort } from '../support/proxies.ts'
import { serve } from '../support/server.ts'
import { eventually } from '../support/within.ts'

const plainNode = (keepAliveTimeout: number, tls = false) => {
  const userAgents = new Set<string | undefined>()
  const requests = { count: 0 }
  const started = serve(
    (req, res) => {
      requests.count++
      userAgents.add(req.headers['user-agent'])
      res.end('ok')
    },
    (server: Server) => Object.assign(server, { keepAliveTimeout }),
    tls,
  )
  return started.then(({ port }) => ({ port, userAgents, requests }))
}

describe('keepalive-kit probe', { timeout: 30_000 }, () => {
  it('prints a report, names itself, and keeps to the number of requests', async () => {
    const { port, userAgents, requests } = await plainNode(200)
    const { code, out, errors } = await run(
      'probe',
      `127.0.0.1:${port}`,
      '--max-requests',
      '100',
      '--timeline',
    )
    expect(errors).toBe('')
    expect(code).toBe(0)
    expect([...userAgents]).toEqual([expect.stringMatching(/^keepalive-kit-probe\/\d+\.\d+\.\d+$/)])
    const [, told] = /^http:\/\/127\.0\.0\.1:\d+\/ \(127\.0\.0\.1:\d+\), (\d+) requests$/m.exec(out)!
    // The five of the race may come too late: the server does not count these.
    expect(Number(told) - requests.count).toBeGreaterThanOrEqual(0)
    expect(Number(told) - requests.count).toBeLessThanOrEqual(5)
    expect(Number(told)).toBeLessThanOrEqual(100)
    const labels = out.match(/^\S.*?(?= {2,})/gm)
    expect(out).toMatch(/^PASS: no error, .*\n\nhttp:/)
    expect(labels).toEqual([
      'protocol',
      'status',
      'reuse',
      'times',
      'advertised',
      'idle timeout',
      'max requests',
      'race',
      'pipelining',
      'half-close',
      'HTTP/1.0',
      'ALPN',
    ])
    expect(out).toMatch(/^idle timeout {2}1\.\d+ s, closed by the server with FIN, as advertised$/m)
    expect(out).toMatch(/^idle connection 1\n {2}0\.\d{3} s {2}connected 127\.0\.0\.1:\d+$/m)
    expect(out).toMatch(/^ +idle 1\.\d+ s\n +1\.\d+ s {2}FIN from the server$/m)
  })

  it('--json is of the documented shape', async () => {
    const { port } = await plainNode(200, true)
    const { code, out } = await run('probe', `https://127.0.0.1:${port}/`, '--json', '--insecure')
    expect(code).toBe(0)
    const report = JSON.parse(out) as ProbeReport
    const number = expect.any(Number)
    expect(report).toEqual({
      version: 1,
      url: `https://127.0.0.1:${port}/`,
      protocol: 'http/1.1',
      address: `127.0.0.1:${port}`,
      complete: true,
      requests: number,
      status: 200,
      location: null,
      server: null,
      result: 'pass',
      why: expect.stringMatching(/^no error/),
      reuse: true,
      advertised: { connection: 'keep-alive', timeout: 0, max: null },
      timings: { connect: number, tls: number, first: number, reused: number, saved: number },
      maxRequests: {
        cap: null,
        tried: number,
        saidClose: null,
        closed: null,
        advertised: null,
        lasted: number,
        goaway: null,
        stoppedBy: 'requests',
      },
      // Without a Content-Length Node ends an HTTP/1.0 response by closing.
      http10KeepAlive: false,
      pipelining: { sent: 3, answered: 3 },
      halfClose: 'at-once',
      alpn: { http2: false, selected: 'http/1.1' },
      idleTimeout: {
        ms: number,
        atLeast: number,
        closedBy: 'server',
        how: 'fin',
        goaway: null,
        samples: [number, number, number, number, number, number],
        open: 0,
        header: 'kept',
      },
      maxAge: null,
      race: { tries: expect.any(Array), answered: number, lost: number },
      ping: null,
      maxConcurrentStreams: null,
      findings: expect.any(Array),
    })
    expect(report.timings!.saved).toBeGreaterThan(report.timings!.tls! / 2)
  })

  it('--json lets nothing of the server control the terminal', async () => {
    const { port } = await rawServer(
      answering((socket) =>
        socket.write(ok.replace('\r\n', '\r\nConnection: keep-alive, \x9b31m\r\n'), 'latin1'),
      ),
    )
    const { out } = await run('probe', `127.0.0.1:${port}`, '--json', '--max-wait', '1s')
    expect(out).toContain('\\u009b31m')
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
    expect((JSON.parse(out) as ProbeReport).advertised?.connection).toBe('keep-alive, \x9b31m')
  })

  it('--expect and --behind decide on the exit code', async () => {
    const { port } = await plainNode(200)
    const probe = (...args: readonly string[]) => run('probe', `127.0.0.1:${port}`, ...args)
    const [met, missed, behind, short, unknown] = await Promise.all([
      probe('--expect', 'idle>500ms', '--expect', 'reuse', '--behind', 'nginx:1s'),
      probe('--expect', 'idle>60s', '--json'),
      probe('--behind', 'aws-alb'),
      probe('--max-wait', '1s', '--expect', 'idle>500ms'),
      probe('--max-wait', '1s', '--expect', 'idle>60s', '--expect', 'cap>=1000'),
    ])
    expect(met.out).toMatch(/^met: idle>500ms \(1\.\d+ s\)\nmet: reuse \(yes\)$/m)
    expect(met.out).toMatch(/^info: 1\.\d+ s fits nginx\.$/m)
    expect(met.code).toBe(0)
    expect(JSON.parse(missed.out).expectations).toEqual([
      { text: 'idle>60s', met: false, measured: expect.stringMatching(/^1\.\d+ s$/) },
    ])
    expect(missed.code).toBe(1)
    expect(behind.out).toMatch(
      /^error: aws-alb keeps idle connections for 60 s, the server closes them after 1\.\d+ s: requests sent at that moment become 502s\.$/m,
    )
    expect(behind.code).toBe(1)
    expect(short.out).toMatch(/^met: idle>500ms \(at least 1(\.\d+)? s\)$/m)
    expect(short.code).toBe(0)
    expect(unknown.out).toMatch(
      /^cannot tell: idle>60s \(at least 1(\.\d+)? s\)\ncannot tell: cap>=1000 \(none in \d+ requests\)$/m,
    )
    expect(unknown.code).toBe(1)
  })

  it('says first whether all is well, and why not', async () => {
    const { port } = await plainNode(200)
    const closing = (head: string) =>
      rawServer((socket) => {
        socket.setTimeout(400, () => socket.end())
        answering(() => socket.write(`${head}\r\nContent-Length: 2\r\n\r\nok`, 'latin1'))(socket)
      })
    const lies = await closing('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=30\r\nConnection: keep-alive')
    const moved = await closing(
      'HTTP/1.1 301 Moved\r\nLocation: https://example.test/\x1b[2J\r\nServer: x\x9b',
    )
    const [missed, proxy, error, redirect] = await Promise.all([
      run('probe', `127.0.0.1:${port}`, '--expect', 'idle>60s', '--expect', 'reuse', '--quiet'),
      run('probe', `127.0.0.1:${port}`, '--behind', 'aws-alb', '--json'),
      run('probe', `127.0.0.1:${lies.port}`),
      run('probe', `127.0.0.1:${moved.port}`, '--expect', 'reuse'),
    ])
    expect(missed).toMatchObject({
      code: 1,
      errors: '',
      out: expect.stringMatching(/^FAIL: idle>60s is not met, measured: 1\.\d+ s\n$/),
    })
    expect(JSON.parse(proxy.out)).toMatchObject({
      result: 'fail',
      why: expect.stringMatching(/^aws-alb keeps idle connections for 60 s/),
    })
    expect(error).toMatchObject({ code: 1, out: expect.stringMatching(/^FAIL: Keep-Alive promises 30 s/) })
    expect(redirect.code).toBe(0)
    expect(redirect.out).toMatch(/^PASS: 1 expectation met; no error/)
    expect(redirect.out).toMatch(/^status +301, Location: https:\/\/example\.test\/.*, Server: x/m)
    expect(redirect.out).toMatch(/^info: The measured response is a redirect, 301 to "https:/m)
    expect(redirect.out.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
  })

  it('stops at Ctrl-C with what is known', async () => {
    const { port, requests } = await plainNode(60_000)
    const { child, ended } = startCommand('probe', `127.0.0.1:${port}`, '--json')
    // All but those of the race, for which the idle timeout has to be known.
    await eventually(
      () => requests.count === 200 - raceRequests - ageRequests,
      'the wait for the idle timeout',
    )
    await sleep(500)
    child.kill('SIGINT')
    const { code, out } = await ended
    expect(code).toBe(130)
    const report = JSON.parse(out) as ProbeReport
    expect(report).toMatchObject({ complete: false, reuse: true, idleTimeout: { ms: null }, race: null })
    expect(report.idleTimeout!.atLeast).toBeGreaterThan(100)
  })
})

describe('one clear line and exit code 2', { timeout: 30_000 }, () => {
  const line = async (message: RegExp, ...args: readonly string[]): Promise<void> => {
    const { code, out, errors } = await run('probe', ...args)
    expect(errors).toMatch(/^keepalive-kit probe: [^\n]+\n$/)
    expect(errors).toMatch(message)
    expect(out).toBe('')
    expect(code).toBe(2)
  }

  it('for a mistake on the command line', async () => {
    await Promise.all([
      line(/there is no URL\. Name one, as in/),
      line(/probe takes one URL, got "b" too/, 'a', 'b'),
      line(/Unknown option '--jason'\. Did you mean --json\?/, 'a', '--jason'),
      line(/"ftp:\/\/a" is neither http nor https/, 'ftp://a'),
      line(/user name or a password/, 'http://me:secret@127.0.0.1/'),
      line(/--max-wait must be a time with its unit, such as 15s, got "60"/, 'a', '--max-wait', '60'),
      line(/--max-requests must be from \d+ to 10,000, got "1"/, 'a', '--max-requests', '1'),
      line(/--method must be GET or HEAD, got "POST"/, 'a', '--method', 'POST'),
      line(/idel is not measured\. Did you mean idle\?/, 'a', '--expect', 'idel>60s'),
      line(/a time needs its unit/, 'a', '--expect', 'idle>60'),
      line(/Did you mean 'aws-alb'\?/, 'a', '--behind', 'aws-abl'),
      line(/Write "aws-alb:90s"\./, 'a', '--behind', 'aws-alb:90'),
      line(/none is known for this proxy: it has no idle timer/, 'a', '--behind', 'haproxy'),
    ])
  })

  it('for a public address that nobody agreed to', async () => {
    await line(
      /203\.0\.113\.7 is a public address\. Pass --yes to send it up to 200 requests/,
      'http://203.0.113.7/',
    )
  })

  it('for a server that cannot be measured', async () => {
    const port = await freePort()
    const dripping = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write('X: y\r\n'), 20)
      socket.on('close', () => clearInterval(timer))
    })
    const selfSigned = await rawServer(
      answering((socket) => socket.write(ok)),
      true,
    )
    const started = performance.now()
    await Promise.all([
      line(/127\.0\.0\.1:\d+ refuses connections/, `127.0.0.1:${port}`),
      line(/did not come within/, `127.0.0.1:${dripping.port}`, '--max-wait', '1s'),
      line(/not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/, `https://127.0.0.1:${selfSigned.port}/`),
    ])
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('has help', async () => {
    const { code, out } = await run('probe', '--help')
    expect(code).toBe(0)
    expect(out).toContain('\nUsage\n  keepalive-kit probe <url> [options]')
  })
})
