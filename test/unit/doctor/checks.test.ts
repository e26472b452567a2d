import { describe, expect, test } from 'vitest'
import { diagnose, findTraffic } from '../../../src/doctor/diagnose.ts'
import { type Finding, type FindingCode, findingCodes } from '../../../src/findings.ts'
import { type Case, examOf } from '../../support/exam.ts'
import { cases } from '../../support/findings.ts'

const found = (of: Case, code: FindingCode): Finding | undefined =>
  diagnose(examOf(of)).find((finding) => finding.code === code)

/** Severity, message and evidence of a case, for a snapshot. */
function seen(code: FindingCode, of: Case = cases[code].fires): string {
  const finding = found(of, code)
  return finding ? `${finding.severity}: ${finding.message} ${JSON.stringify(finding.evidence)}` : 'nothing'
}

test('finds nothing if nothing is wrong and nothing has happened', () => {
  expect(diagnose(examOf({}))).toEqual([])
})

test('finds problems of the traffic from a snapshot alone', () => {
  const { snapshot, policy } = examOf(cases.KEEPALIVE_LATE_REQUESTS.fires)
  expect(findTraffic(snapshot, policy).map(({ code }) => code)).toContain('KEEPALIVE_LATE_REQUESTS')
})

test('lists the most severe finding first', () => {
  const both = { ...cases.KEEPALIVE_PEER_TIMEOUT.fires, ...cases.KEEPALIVE_TIMEOUTS_SWAPPED.fires }
  expect(diagnose(examOf(both)).map(({ severity }) => severity)).toEqual(['error', 'info'])
})

describe.each(findingCodes)('%s', (code) => {
  test('is found, with all fields', () => {
    const finding = found(cases[code].fires, code)
    expect(finding?.message).toMatch(/^[A-Z0-9].*\.$/)
    expect(finding?.remedy).toMatch(/^[A-Z].*[^.]\.$/)
    expect(finding?.help).toBe(`docs/findings/${code}.md`)
    expect(JSON.parse(JSON.stringify(finding))).toEqual(finding)
  })

  test('is not found just below its limit', () => {
    expect(found(cases[code].silent, code)).toBeUndefined()
  })

  test('can be silenced', () => {
    const { options, ...rest } = cases[code].fires
    expect(found({ ...rest, options: { ...options, silence: [code] } }, code)).toBeUndefined()
  })
})

describe('the message', () => {
  test('of KEEPALIVE_NOT_ATTACHED', () => {
    expect(seen('KEEPALIVE_NOT_ATTACHED')).toMatchInlineSnapshot(
      `"error: The kit has no server, so the policy is not in force. The app has not called attach(), and no request has reached the middleware. {"servers":0}"`,
    )
  })

  test('of KEEPALIVE_TIMEOUT_NOT_A_NUMBER', () => {
    expect(seen('KEEPALIVE_TIMEOUT_NOT_A_NUMBER')).toMatchInlineSnapshot(
      `"error: The server on port 3000 has a timeout that is not a number. keepAliveTimeout is "65000" (string): Node 20 throws at the end of the next response; later versions do not close idle connections by timeout any more; headersTimeout is NaN (number): Node does not enforce it. {"keepAliveTimeout":"\\"65000\\" (string)","headersTimeout":"NaN (number)"}"`,
    )
  })

  test('of KEEPALIVE_TIMEOUT_ON_APP', () => {
    expect(seen('KEEPALIVE_TIMEOUT_ON_APP')).toMatchInlineSnapshot(
      `"error: A timeout was set on the app, where it has no effect: keepAliveTimeout is 120000 (number) on the app and 65000 (number) on the server; headersTimeout is "121000" (string) on the app and 66000 (number) on the server. {"keepAliveTimeout":120000,"headersTimeout":"\\"121000\\" (string)"}"`,
    )
  })

  test('of KEEPALIVE_TIMEOUT_CHANGED', () => {
    expect(seen('KEEPALIVE_TIMEOUT_CHANGED')).toMatchInlineSnapshot(
      `"error: The server on port 3000 has timeouts that were changed after attach(): keepAliveTimeout is 5000, the kit set 65000. The policy is not in force. {"keepAliveTimeout":5000,"keepAliveTimeoutSet":65000}"`,
    )
  })

  test('of KEEPALIVE_TIMEOUTS_SWAPPED', () => {
    expect(seen('KEEPALIVE_TIMEOUTS_SWAPPED')).toMatchInlineSnapshot(
      `"error: The server on port 3000 has a headersTimeout (66000) above its requestTimeout (30000). Node silently swaps the two: headers get 30 s to arrive, and whole requests get 66 s. {"headersTimeout":66000,"requestTimeout":30000}"`,
    )
  })

  test('of KEEPALIVE_CHECKING_INTERVAL_IGNORED', () => {
    expect(seen('KEEPALIVE_CHECKING_INTERVAL_IGNORED')).toMatchInlineSnapshot(
      `"warning: The server on port 3000 has connectionsCheckingInterval set to 1000, which Node ignores: it read 30000 when the server began to listen. A request may be overdue by 30 s before Node closes it. {"connectionsCheckingInterval":1000,"inUse":30000}"`,
    )
  })

  test('of KEEPALIVE_HINT_TOO_SHORT', () => {
    expect(seen('KEEPALIVE_HINT_TOO_SHORT')).toMatchInlineSnapshot(
      `"warning: The server on port 3000 advertises Keep-Alive: timeout=2 (keepAliveTimeout is 2500). Undici (fetch in Node) subtracts 2 s, so it never reuses a connection. {"keepAliveTimeout":2500,"advertised":2}"`,
    )
  })

  test('of KEEPALIVE_TIMEOUT_LISTENER', () => {
    expect(seen('KEEPALIVE_TIMEOUT_LISTENER')).toMatchInlineSnapshot(
      `"warning: The server on port 3000 has 1 listener for 'timeout', so Node does not close the sockets that time out. The kit still closes idle connections, but a request without a byte for 2 min (server.timeout) stays open forever unless the listener destroys its socket. {"listeners":1,"timeout":120000}"`,
    )
  })

  test('of KEEPALIVE_MAX_REQUESTS_PER_SOCKET', () => {
    expect(seen('KEEPALIVE_MAX_REQUESTS_PER_SOCKET')).toMatchInlineSnapshot(
      `"warning: The server on port 3000 has maxRequestsPerSocket set to 100. Node sends Connection: close with response 100 but does not close the connection, and answers the next request on it with 503. {"maxRequestsPerSocket":100}"`,
    )
  })

  test('of KEEPALIVE_PEER_TIMEOUT', () => {
    expect(seen('KEEPALIVE_PEER_TIMEOUT')).toMatchInlineSnapshot(
      `"info: Clients close idle connections after 59.9 s (312 of 400 closes). {"peers":[{"timeout":59925,"count":312,"of":400,"moments":312}]}"`,
    )
  })

  test('of KEEPALIVE_SERVER_CLOSES_FIRST', () => {
    expect(seen('KEEPALIVE_SERVER_CLOSES_FIRST')).toMatchInlineSnapshot(
      `"warning: The server closes 13% of the idle connections first (31 of 231), but the proxy (nginx) should close first. A proxy may send a request just as the server closes, and answers it with 502. {"server":31,"client":200,"share":0.134}"`,
    )
  })

  test('of KEEPALIVE_PROXY_NEVER_CLOSES', () => {
    expect(seen('KEEPALIVE_PROXY_NEVER_CLOSES')).toMatchInlineSnapshot(
      `"warning: The proxy (aws-alb) should close idle connections after 60 s, but it closed only 0 of the 120 that closed within 65 s. {"server":120,"client":0,"idleTimeout":60000,"keepAliveTimeout":65000}"`,
    )
  })

  test('of KEEPALIVE_PROXY_CONTRADICTED', () => {
    expect(seen('KEEPALIVE_PROXY_CONTRADICTED')).toMatchInlineSnapshot(
      `"warning: The proxy (nginx) should close idle connections after 15 s, but clients close them after 60 s (200 of 200). {"idleTimeout":15000,"inferred":60013,"count":200,"of":200}"`,
    )
  })

  test('of KEEPALIVE_DANGER_ZONE', () => {
    expect(seen('KEEPALIVE_DANGER_ZONE')).toMatchInlineSnapshot(
      `"warning: Clients keep idle connections for 60 s, the server closes them after 6 s. About 25% of the idle gaps (200 of 800) are at risk: the server may close while the client sends a request. {"keepAliveTimeout":5000,"closesAfter":6000,"peer":60000,"inside":200,"gaps":800,"share":0.25}"`,
    )
  })

  test('of KEEPALIVE_LATE_REQUESTS', () => {
    expect(seen('KEEPALIVE_LATE_REQUESTS')).toMatchInlineSnapshot(
      `"error: 22 requests arrived after the server had closed the connection and got no answer: 0.11% of all requests. A proxy reports each as a 502 unless it retries. {"late":22,"total":20000,"share":0.0011}"`,
    )
  })

  test('of KEEPALIVE_REQUESTS_AFTER_CLOSE', () => {
    expect(seen('KEEPALIVE_REQUESTS_AFTER_CLOSE')).toMatchInlineSnapshot(
      `"warning: 9 requests arrived after a response with Connection: close and got no answer. The client ignored this header, or sent the requests before it read the response. {"lateAfterClose":9,"total":20000,"share":0.00045}"`,
    )
  })

  test('of KEEPALIVE_TIMEOUT_OUTLIVED', () => {
    expect(seen('KEEPALIVE_TIMEOUT_OUTLIVED')).toMatchInlineSnapshot(
      `"warning: 12 requests reused a connection after the advertised 65 s, within the buffer of 1 s: 1.2% of all reuses. {"nearMisses":12,"reused":1000,"share":0.012}"`,
    )
  })

  test('of KEEPALIVE_APP_CLOSES', () => {
    expect(seen('KEEPALIVE_APP_CLOSES')).toMatchInlineSnapshot(
      `"warning: The app closed 900 of 1,000 connections (90%) in 1,200 requests: 880 by Connection: close in the response, 15 by a response without a length, which only a close can end, 5 by closing the socket. No client can reuse these connections. {"app":900,"closed":1000,"share":0.9,"header":880,"noLength":15,"socket":5,"requests":1200}"`,
    )
  })

  test('of KEEPALIVE_APP_HINT', () => {
    expect(seen('KEEPALIVE_APP_HINT')).toMatchInlineSnapshot(
      `"warning: The app sends Keep-Alive: timeout=300, but the server closes idle connections after 4 s (seen on 180 responses). Clients that obey the header may send a request just as the server closes. {"responses":180,"least":300000,"most":300000,"keepAliveTimeout":3000,"closesAfter":4000,"nearMisses":40}"`,
    )
  })

  test('of KEEPALIVE_CLIENT_NEVER_REUSES', () => {
    expect(seen('KEEPALIVE_CLIENT_NEVER_REUSES')).toMatchInlineSnapshot(
      `"warning: 2 clients open a connection for every request, within 1 s of closing another: 10.0.3.17 (900 connections for 900 requests, 880 of the connections avoidable, mostly ended by client-idle), 10.0.3.18 (70 connections for 75 requests, 55 of the connections avoidable, mostly ended by client-asked). {"clients":[{"address":"10.0.3.17","connections":900,"requests":900,"reused":0,"avoidable":880},{"address":"10.0.3.18","connections":70,"requests":75,"reused":0,"avoidable":55}]}"`,
    )
  })

  test('of KEEPALIVE_LOAD_WITHOUT_REUSE', () => {
    expect(seen('KEEPALIVE_LOAD_WITHOUT_REUSE')).toMatchInlineSnapshot(
      `"info: 192.0.2.7 opened nearly all of 3,000 connections in the last minute, for 3,000 requests. This is a load test without keep-alive, or a proxy that keeps no connections to this server. {"opened":3000,"requests":3000,"reused":0,"connections":3000,"avoidable":2900,"addresses":1}"`,
    )
  })

  test('of KEEPALIVE_SKEWED_REQUESTS', () => {
    expect(seen('KEEPALIVE_SKEWED_REQUESTS')).toMatchInlineSnapshot(
      `"info: A tenth of 1,000 closed connections with more than one request carried about 96% of 46,900 requests. The load follows connections, not requests. {"connections":1000,"requests":46900,"share":0.96}"`,
    )
  })
})
