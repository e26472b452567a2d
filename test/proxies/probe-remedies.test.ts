import { expect, it } from 'vitest'
import type { KeepAliveOptions } from '../../src/policy/options.ts'
import { resolvePolicy } from '../../src/policy/policy.ts'
import { judge } from '../../src/probe/judge.ts'
import type { ProbeFinding } from '../../src/probe/report.ts'
import { probeAt } from '../support/probe.ts'
import { serveByApache, serveByCaddy, serveByHaproxy, serveByNginx } from '../support/proxies.ts'
import { serve } from '../support/server.ts'

/** A server that is set as the remedy of a finding says. */
interface Subject {
  readonly start: (setting: string) => Promise<{ readonly port: number }>
  /** For so many seconds, as at the outset. */
  readonly keeps: (seconds: number) => string
  /** Reads the setting off the finding. */
  readonly remedy: RegExp
}

const quoted = (where: string): RegExp => new RegExp(`Set '(.+?)' ${where}`)

const subjects: Readonly<Record<string, Subject>> = {
  nginx: {
    start: (setting) => serveByNginx(setting),
    keeps: (seconds) => `keepalive_timeout ${seconds}s;`,
    remedy: quoted('in nginx'),
  },
  'Apache httpd': {
    start: serveByApache,
    keeps: (seconds) => `KeepAliveTimeout ${seconds}`,
    remedy: quoted('in Apache httpd'),
  },
  Caddy: {
    // A line for each brace, as the remedy says.
    start: (setting) => serveByCaddy(setting.replaceAll('{ ', '{\n').replaceAll(' }', '\n}')),
    keeps: (seconds) => `servers { timeouts { idle ${seconds}s } }`,
    remedy: quoted("in Caddy's global options, a line for each brace"),
  },
  HAProxy: {
    // Its client timeout is a minute.
    start: serveByHaproxy,
    keeps: (seconds) => `timeout http-keep-alive ${seconds}s`,
    remedy: /in HAProxy set '(.+?)', and no shorter 'timeout client'/,
  },
  Node: {
    start: (setting) =>
      serve(
        (_req, res) => res.setHeader('Content-Length', 2).end('ok'),
        (server) => Object.assign(server, { keepAliveTimeout: Number(setting) }),
      ),
    keeps: (seconds) => String(1_000 * seconds),
    remedy: /Set keepAliveTimeout to (\d+) in Node/,
  },
}

async function findingsOf(port: number, behind: KeepAliveOptions): Promise<readonly ProbeFinding[]> {
  const { report } = await probeAt(port, { maxWait: 10_000 })
  return judge(report, resolvePolicy(behind))
}

it.each<[string, number, string, KeepAliveOptions]>([
  [
    'too short for a pool',
    1,
    'proxy-outlives-server',
    // The kit's own choice would be 65 s.
    { behind: { proxy: 'aws-alb', idleTimeout: 2_500 }, keepAliveTimeout: 4_000 },
  ],
  [
    'too long for a layer-4 proxy',
    7,
    'server-outlives-proxy',
    { behind: { proxy: 'aws-nlb', idleTimeout: 5_000 } },
  ],
])('a server %s passes with the remedy', { timeout: 90_000 }, async (_, seconds, code, behind) => {
  const outcomes = Object.entries(subjects).map(async ([name, { start, keeps, remedy }]) => {
    const before = await findingsOf((await start(keeps(seconds))).port, behind)
    const said = before.find((finding) => finding.code === code)?.remedy ?? ''
    expect([name, said]).toEqual([name, expect.stringMatching(remedy)])
    const after = await findingsOf((await start(remedy.exec(said)![1]!)).port, behind)
    const judged = after.filter((finding) => /proxy/.test(finding.code)).map((finding) => finding.code)
    expect([name, judged]).toEqual([name, ['proxy-fits']])
  })
  await Promise.all(outcomes)
})
