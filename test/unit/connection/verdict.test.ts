import { describe, expect, it } from 'vitest'
import { type Ending, explain, type Standing, verdictOn, whyLast } from '../../../src/connection/verdict.ts'

const standing: Standing = { requests: 1, maxRequests: 0, age: 0, maxAge: 0, draining: false }

describe('the verdict on a response', () => {
  it.each<[string, Partial<Standing>, string | undefined]>([
    ['keeps without caps', { requests: 1e9, age: 1e9 }, undefined],
    ['keeps below the cap', { requests: 99, maxRequests: 100 }, undefined],
    ['closes at the cap', { requests: 100, maxRequests: 100 }, 'max-requests'],
    ['closes beyond the cap', { requests: 101, maxRequests: 100 }, 'max-requests'],
    ['keeps below the age', { age: 59.9, maxAge: 60 }, undefined],
    ['closes at the age', { age: 60, maxAge: 60 }, 'max-age'],
    [
      'names the drain first',
      { draining: true, requests: 100, maxRequests: 100, age: 60, maxAge: 60 },
      'drain',
    ],
    [
      'names the count before the age',
      { requests: 100, maxRequests: 100, age: 60, maxAge: 60 },
      'max-requests',
    ],
  ])('%s', (_, change, verdict) => {
    expect(verdictOn({ ...standing, ...change })).toBe(verdict)
  })
})

describe('why a response is the last', () => {
  const none = { clientEnded: false, verdict: undefined }
  it.each<[rawHeaders: string[], httpVersion: string, reason: string]>([
    [['Connection', 'close'], '1.1', 'client-asked'],
    [['Host', 'close', 'connection', 'Close'], '1.1', 'client-asked'],
    [['Connection', 'TE, close'], '1.1', 'client-asked'],
    [['Connection', 'keep-alive', 'Connection', 'close'], '1.1', 'client-asked'],
    [['Connection', 'keep-alive'], '1.1', 'app'],
    [['Connection', 'closed'], '1.1', 'app'],
    [['Close', 'Connection'], '1.1', 'app'],
    [[], '1.1', 'app'],
    [[], '1.0', 'client-asked'],
    [['Connection', 'TE', 'CONNECTION', 'TE, Keep-Alive'], '1.0', 'app'],
    [['Connection', 'keep-alive, close'], '1.0', 'client-asked'],
  ])('%j by HTTP/%s', (rawHeaders, httpVersion, reason) => {
    expect(whyLast(none, { rawHeaders, httpVersion })).toBe(reason)
  })

  it('names the verdict, unless the client cannot send another request', () => {
    const request = { rawHeaders: [], httpVersion: '1.1' }
    expect(whyLast({ ...none, verdict: 'drain' }, request)).toBe('drain')
    expect(whyLast({ clientEnded: true, verdict: 'drain' }, request)).toBe('client-asked')
  })
})

const ending: Ending = {
  decided: undefined,
  upgraded: false,
  used: true,
  bytesRead: 100,
  underWay: false,
  clientEnded: false,
  errorCode: undefined,
  inactive: false,
  idleAtServerClose: false,
}

describe('why a connection closed', () => {
  it.each<[string, Partial<Ending>, [reason: string, closedBy: string]]>([
    ['the server decided', { decided: 'idle-timeout' }, ['idle-timeout', 'server']],
    ['the client had asked', { decided: 'client-asked' }, ['client-asked', 'client']],
    [
      'a decision comes before the FIN that answers it',
      { decided: 'drain', clientEnded: true },
      ['drain', 'server'],
    ],
    ['FIN while idle', { clientEnded: true }, ['client-idle', 'client']],
    ['FIN under way', { clientEnded: true, underWay: true }, ['client-abort', 'client']],
    ['FIN before any request', { clientEnded: true, used: false }, ['never-used', 'client']],
    ['nothing ever came', { used: false, bytesRead: 0, clientEnded: true }, ['never-used', 'client']],
    ['a probe that resets', { used: false, bytesRead: 0, errorCode: 'ECONNRESET' }, ['never-used', 'client']],
    ['reaped unused', { used: false, bytesRead: 0, decided: 'header-timeout' }, ['never-used', 'server']],
    [
      'a handshake that failed',
      { used: false, bytesRead: 0, errorCode: 'ERR_SSL_HTTP_REQUEST' },
      ['error', 'server'],
    ],
    ['RST', { errorCode: 'ECONNRESET' }, ['client-reset', 'client']],
    ['FIN in the middle of a head', { errorCode: 'HPE_INVALID_EOF_STATE' }, ['client-abort', 'client']],
    ['a write after the client had gone', { errorCode: 'EPIPE' }, ['client-abort', 'client']],
    ['no HTTP', { errorCode: 'HPE_INVALID_METHOD' }, ['bad-request', 'server']],
    ['no HTTP/2', { errorCode: 'ERR_HTTP2_ERROR' }, ['protocol-error', 'server']],
    ["the client's GOAWAY", { decided: 'client-goaway' }, ['client-goaway', 'client']],
    [
      "the client's GOAWAY before any request",
      { decided: 'client-goaway', used: false, bytesRead: 0 },
      ['never-used', 'client'],
    ],
    ['TCP gave up', { errorCode: 'ETIMEDOUT' }, ['error', 'network']],
    ['something else', { errorCode: 'EWHATEVER' }, ['error', 'server']],
    ['server.timeout', { inactive: true, underWay: true }, ['inactivity', 'server']],
    ['the app destroyed the socket', {}, ['app', 'server']],
    ['Node destroyed what was idle, at server.close()', { idleAtServerClose: true }, ['drain', 'server']],
    ['an upgraded one, the client first', { upgraded: true, clientEnded: true }, ['upgrade', 'client']],
    ['an upgraded one, the app first', { upgraded: true }, ['upgrade', 'server']],
  ])('%s', (_, change, [reason, closedBy]) => {
    expect(explain({ ...ending, ...change })).toMatchObject({ reason, closedBy })
  })
})
