import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { KeepAliveOptions } from '../../../src/policy/options.ts'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { judge } from '../../../src/probe/judge.ts'
import { type ProbeFindingCode, type ProbeReport, probeFindingCodes } from '../../../src/probe/report.ts'
import { otherRequests } from '../../../src/probe/steps/all.ts'
import { reportOf } from '../../support/probe-report.ts'

const behind = (proxies: KeepAliveOptions['behind']) => resolvePolicy({ behind: proxies })
const codes = (report: ProbeReport, proxies?: KeepAliveOptions['behind']): ProbeFindingCode[] =>
  judge(report, proxies === undefined ? undefined : behind(proxies)).map(({ code }) => code)

test('nothing is wrong with a server without flaw', () => {
  expect(codes(reportOf())).toEqual([])
})

const goaway = { lastStreamId: 1, errorCode: 'NO_ERROR', debug: null, count: 1, closedAfter: 2 } as const

const cases: Readonly<Record<ProbeFindingCode, [ProbeReport, KeepAliveOptions['behind']?]>> = {
  status: [reportOf({ status: 404 })],
  redirect: [reportOf({ status: 301, location: 'https://example.test/' })],
  'no-reuse': [reportOf({ reuse: false, idleTimeout: null })],
  'timeout-earlier-than-advertised': [reportOf({ idleTimeout: { ms: 4_000, header: 'earlier' } })],
  'timeout-later-than-advertised': [reportOf({ idleTimeout: { ms: 90_000, header: 'later' } })],
  'timeout-not-seen': [reportOf({ idleTimeout: { ms: null, atLeast: 30_000, header: null } })],
  'timeout-uneven': [reportOf({ idleTimeout: { samples: [60_000, 65_000, 70_000] } })],
  'closes-by-age': [reportOf({ maxAge: 30_000, idleTimeout: { ms: null, samples: [30_000] } })],
  'closes-with-reset': [reportOf({ idleTimeout: { how: 'reset' } })],
  'closes-with-408': [reportOf({ idleTimeout: { how: '408' } })],
  'no-close-notify': [reportOf({ timings: { connect: 1, tls: 3, first: 2, reused: 1, saved: 5 } })],
  cap: [reportOf({ maxRequests: { cap: 100, saidClose: true, closed: true } })],
  'cap-unannounced': [reportOf({ maxRequests: { cap: 100, saidClose: false, closed: true } })],
  'cap-search-short': [reportOf({ maxRequests: { tried: 9, stoppedBy: 'time' } })],
  'max-earlier-than-advertised': [
    reportOf({ maxRequests: { cap: 5, saidClose: true, closed: true, advertised: 100 } }),
  ],
  'max-later-than-advertised': [reportOf({ maxRequests: { advertised: 100 } })],
  'close-not-kept': [reportOf({ maxRequests: { cap: 100, saidClose: true, closed: false } })],
  'pipelining-incomplete': [reportOf({ pipelining: { sent: 3, answered: 1 } })],
  'half-close-unanswered': [reportOf({ halfClose: 'fin' })],
  'half-close-not-known': [reportOf({ halfClose: 'at-once' })],
  'race-lost': [reportOf({ race: { tries: [{ before: 20, outcome: 'reset' }], answered: 0, lost: 1 } })],
  'no-goaway': [reportOf({ protocol: 'h2c' })],
  'goaway-not-exact': [
    reportOf({ protocol: 'h2c', idleTimeout: { goaway: { ...goaway, lastStreamId: 2 ** 31 - 1 } } }),
  ],
  'goaway-error': [
    reportOf({ protocol: 'h2c', idleTimeout: { goaway: { ...goaway, errorCode: 'ENHANCE_YOUR_CALM' } } }),
  ],
  'ping-unanswered': [
    reportOf({ protocol: 'h2c', ping: { answered: false, ms: null, restartsIdleTimeout: null } }),
  ],
  'ping-keeps-open': [
    reportOf({ protocol: 'h2c', ping: { answered: true, ms: 1, restartsIdleTimeout: true } }),
  ],
  'http2-offered': [reportOf({ alpn: { http2: true, selected: 'h2' } })],
  'proxy-outlives-server': [reportOf({ idleTimeout: { ms: 5_000 } }), 'aws-alb'],
  'server-outlives-proxy': [reportOf({ idleTimeout: { ms: 400_000 } }), 'aws-nlb'],
  'proxy-fits': [reportOf(), 'aws-alb'],
  'proxy-not-judged': [reportOf({ idleTimeout: null }), 'aws-alb'],
  'step-failed': [
    reportOf({ findings: [{ code: 'step-failed', severity: 'warning', message: 'X: y', remedy: null }] }),
  ],
}

test.each(probeFindingCodes)('%s', (code) => {
  const [report, proxies] = cases[code]
  const findings = judge(report, proxies === undefined ? undefined : behind(proxies))
  const found = findings.find((each) => each.code === code)!
  expect(found, findings.map((each) => each.code).join()).toBeDefined()
  if (code !== 'step-failed') expect(found.message).toMatch(/^[A-Za-z0-9].*\.$/)
  expect(found.remedy ?? 'None.').toMatch(/^[A-Z].*\.$/)
})

test('nothing is wrong with an HTTP/2 server without flaw', () => {
  const ping = { answered: true, ms: 1, restartsIdleTimeout: false }
  expect(codes(reportOf({ protocol: 'h2c', idleTimeout: { goaway }, ping }))).toEqual([])
  expect(
    codes(reportOf({ protocol: 'h2', alpn: { http2: true, selected: 'h2' }, idleTimeout: { goaway } })),
  ).toEqual([])
})

test('an HTTP/2 server is judged in the words of HTTP/2', () => {
  const cap = { cap: 100, saidClose: false, closed: true, goaway: null }
  const [unannounced] = judge(reportOf({ protocol: 'h2', idleTimeout: { goaway }, maxRequests: cap }))
  expect(unannounced!.message).toBe(
    'The server sent no GOAWAY after the 100 responses, so the next request meets the close and is lost.',
  )
  const open = { cap: 100, saidClose: true, closed: false, goaway: { ...goaway, closedAfter: null } }
  const messages = judge(
    reportOf({ protocol: 'h2', idleTimeout: { goaway: open.goaway, how: 'goaway' }, maxRequests: open }),
  ).map(({ message }) => message)
  expect(messages).toEqual(expect.arrayContaining([expect.stringMatching(/^After GOAWAY the server leaves/)]))
  expect(messages.join()).not.toMatch(/Connection: close|Keep-Alive/)
  const [short] = judge(reportOf({ protocol: 'h2', idleTimeout: { ms: 5_000, goaway } }), behind('aws-alb'))
  expect(short!.message).toMatch(/requests sent at that moment fail unless the proxy retries them/)
  expect(short!.remedy).toMatch(/^Set keepAliveTimeout to 65000 in the kit for Node/)
})

test('an HTTP/2 server that closes by age with a GOAWAY loses nothing by itself', () => {
  const report = reportOf({
    protocol: 'h2',
    maxAge: 30_000,
    idleTimeout: { ms: null, samples: [30_000], goaway },
  })
  expect(judge(report, behind('aws-alb'))).toEqual([
    expect.objectContaining({ code: 'closes-by-age', severity: 'info' }),
    expect.objectContaining({ code: 'proxy-not-judged', severity: 'info' }),
  ])
})

const page = readFileSync(new URL('../../../docs/probe.md', import.meta.url), 'utf8')

test('the page documents every field of the report', () => {
  const [, section = ''] = page.split(/^## (?:The report|Findings)$/m)
  const fields = (section.match(/^\| `.*? \|/gm) ?? []).flatMap((row) => row.match(/(?<=`)\w+(?=`)/g)!)
  expect(fields.sort()).toEqual(
    [...Object.keys(reportOf()), 'result', 'why', 'expectations', 'timelines'].sort(),
  )
})

test('the page tells how many requests are the least and the most', () => {
  expect(page).toContain(`\`--max-requests 200\` | requests to send at most, ${2 * otherRequests} to 10,000;`)
})

test('the page lists the findings', () => {
  expect(page.match(/(?<=^\| `)[a-z0-9-]+(?=` \| (?:error|warning|info) \|)/gm)).toEqual(probeFindingCodes)
})

describe('a proxy', () => {
  test.each([
    ['aws-alb', 65_000, 'proxy-fits'],
    ['aws-alb', 60_000, 'proxy-outlives-server'],
    [{ proxy: 'aws-alb', idleTimeout: 120_000 }, 65_000, 'proxy-outlives-server'],
    [['aws-nlb', 'aws-alb'], 65_000, 'proxy-fits'],
    [['aws-nlb', 'aws-alb'], 350_000, 'server-outlives-proxy'],
    [['aws-nlb', 'aws-alb'], 5_000, 'proxy-outlives-server'],
    ['aws-nlb', 349_000, 'proxy-fits'],
    [['cloudflare', 'aws-nlb'], 910_000, 'proxy-fits'],
  ] as [KeepAliveOptions['behind'], number, ProbeFindingCode][])('%j and %d ms: %s', (proxies, ms, code) => {
    expect(codes(reportOf({ idleTimeout: { ms } }), proxies)).toEqual([code])
  })

  test.each([
    ['aws-alb', 61_000, 'proxy-fits'],
    ['aws-alb', 30_000, 'proxy-not-judged'],
    ['aws-nlb', 30_000, 'proxy-not-judged'],
    ['aws-nlb', 350_000, 'server-outlives-proxy'],
  ] as [KeepAliveOptions['behind'], number, ProbeFindingCode][])(
    '%j where connections were open after %d ms: %s',
    (proxies, atLeast, code) => {
      const report = reportOf({ idleTimeout: { ms: null, atLeast } })
      expect(codes(report, proxies)).toContain(code)
    },
  )

  test('what is still open is not said to stay so for ever', () => {
    const samples = [100, 200, 300, 400]
    const report = reportOf({ idleTimeout: { ms: 300, atLeast: 100, samples, open: 2 } })
    const [finding, ...more] = judge(report, behind('aws-nlb')).filter(({ code }) => /proxy/.test(code))
    expect(finding).toMatchObject({ code: 'proxy-not-judged' })
    expect(finding!.message).toMatch(
      /^Idle connections were still open after 400 ms, and aws-nlb .* several timers/,
    )
    expect(more).toEqual([])
    const longer = { ...report.idleTimeout!, samples: [100, 200, 300, 351_000] }
    const found = judge(reportOf({ idleTimeout: longer }), behind('aws-nlb'))[0]!
    expect(found).toMatchObject({ code: 'server-outlives-proxy' })
    expect(found.message).toContain('the server keeps them for at least 5 min 51 s')
  })

  test('says what to set', () => {
    const [finding] = judge(reportOf({ idleTimeout: { ms: 5_000 } }), behind('gcp-external-alb'))
    expect(finding).toMatchObject({ code: 'proxy-outlives-server', severity: 'error' })
    expect(finding!.remedy).toContain('Set keepAliveTimeout to 620000 in Node, as')
  })
})
