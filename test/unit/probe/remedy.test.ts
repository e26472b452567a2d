import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { judge } from '../../../src/probe/judge.ts'
import { headerRemedy, idleRemedy, reuseRemedy } from '../../../src/probe/remedy.ts'
import { reportOf } from '../../support/probe-report.ts'

const settings: readonly [server: string, setting: string][] = [
  ['nginx/1.22.1 (Ubuntu)', 'keepalive_timeout 65s;'],
  ['openresty', 'keepalive_timeout 65s;'],
  ['Apache/2.4.71 (Debian)', 'KeepAliveTimeout 65'],
  ['Apache', 'KeepAliveTimeout 65'],
  ['Caddy', 'servers { timeouts { idle 65s } }'],
  ['Caddy, gunicorn', 'servers { timeouts { idle 65s } }'],
  ['istio-envoy', 'idle_timeout: 65s'],
  ['Varnish', '-p timeout_idle=65'],
  ['Microsoft-IIS/10.0', 'connectionTimeout="00:01:05"'],
  ['Kestrel', 'Limits.KeepAliveTimeout = TimeSpan.FromSeconds(65)'],
  ['Apache-Coyote/1.1', 'keepAliveTimeout="65000"'],
  ['Jetty(9.4.51.v20230217)', 'jetty.http.idleTimeout=65000'],
  ['uvicorn', '--timeout-keep-alive 65'],
  ['gunicorn/19.9.0', '--keep-alive 65'],
  ['lighttpd/1.4.69', 'server.max-keep-alive-idle = 65'],
]

test.each(settings)('%s: %s', (server, setting) => {
  expect(idleRemedy(server, 65_000, 'at least')).toContain(`Set '${setting}' `)
})

test('the page has every setting', () => {
  const page = readFileSync(new URL('../../../docs/probe.md', import.meta.url), 'utf8')
  for (const [, setting] of settings) expect(page).toContain(`\`${setting}\``)
})

test('a server that does not say who it is may be Node or HAProxy', () => {
  expect(idleRemedy(null, 65_500, 'at least')).toBe(
    "Set keepAliveTimeout to 65500 in Node, as the kit's option behind does; in HAProxy set 'timeout http-keep-alive 66s', and no shorter 'timeout client'.",
  )
})

test.each([
  'cloudflare',
  'AmazonS3',
  'CloudFront',
  'AkamaiGHost',
  'gws',
  'ATS/9.2.0',
  'Apache Tomcat/9.0',
  'apachectl',
  'nginxed',
  'my nginx',
  'constructor',
  '__proto__',
  '',
  '/',
])('%j is not known, and no server is guessed', (server) => {
  expect(idleRemedy(server, 65_000, 'at least')).toBe(
    'Set the idle timeout for clients to 65 s on whatever ends these connections.',
  )
  expect([reuseRemedy(server), headerRemedy(server)]).toEqual([null, null])
})

test.each([
  ['at least', 65_001, 66],
  ['at most', 65_999, 65],
  ['at most', 500, 1],
] as const)('whole seconds %s %d ms: %d', (bound, ms, seconds) => {
  expect(idleRemedy('nginx', ms, bound)).toContain(`keepalive_timeout ${seconds}s;`)
})

test('IIS takes a day as .NET writes it', () => {
  expect(idleRemedy('Microsoft-IIS/10.0', 90_061_000, 'at least')).toContain('"1.01:01:01"')
})

describe('the findings', () => {
  const remedies = (
    server: string | null,
    more: Parameters<typeof reportOf>[0],
    behind?: 'aws-alb' | 'aws-nlb',
  ) => judge(reportOf({ server, ...more }), behind && resolvePolicy({ behind })).map(({ remedy }) => remedy)

  test('have the remedy of the server that was probed', () => {
    const short = { idleTimeout: { ms: 5_000 } }
    expect(remedies('nginx', short, 'aws-alb')[0]).toMatch(/^Set 'keepalive_timeout 65s;' in nginx/)
    const long = { idleTimeout: { ms: 400_000 } }
    expect(remedies('Apache', long, 'aws-nlb')[0]).toMatch(
      /Set 'KeepAliveTimeout 65' .*\. Or raise tcp\.idle_timeout\.seconds\.$/,
    )
    const closing = { reuse: false, idleTimeout: null }
    expect(remedies('Apache', closing)[0]).toMatch(/^In Apache httpd, set KeepAlive On\.$/)
    expect(remedies(null, closing)[0]).toBeNull()
    const lying = { idleTimeout: { ms: 4_000, header: 'earlier' as const } }
    expect(remedies('nginx', lying)[0]).toMatch(
      /^In nginx, the first value of keepalive_timeout is the timeout/,
    )
  })

  test('have nothing of the header itself', () => {
    const evil = 'nginx/\u001b[31m\n$(reboot)'
    for (const remedy of remedies(evil, { idleTimeout: { ms: 5_000 } }, 'aws-alb'))
      expect(remedy).not.toMatch(/reboot|[\u0000-\u001f]/)
  })
})
