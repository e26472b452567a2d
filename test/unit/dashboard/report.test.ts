import { expect, test } from 'vitest'
import { masked } from '../../../src/dashboard/report.ts'
import type { Finding } from '../../../src/findings.ts'
import type { ClientRow } from '../../../src/stats/snapshot.ts'
import { emptySnapshot } from '../../support/empty-snapshot.ts'

const row = (address: string, connections: number): ClientRow => ({
  address,
  connections,
  requests: connections,
  reused: 0,
  reasons: {},
  lastSeen: 1,
})

test('no address is left: not in the rows, not in the findings', () => {
  const addresses = [
    '192.0.2.17',
    '192.0.2.171',
    '198.51.100.1',
    '2001:db8:1:2::/64',
    '2001:db8:1:3::/64',
    'unix',
  ]
  const empty = emptySnapshot()
  const finding: Finding = {
    code: 'KEEPALIVE_CLIENT_NEVER_REUSES',
    severity: 'warning',
    message:
      '3 clients: 192.0.2.17 (50 for 50), 192.0.2.171 (9 for 9), 2001:db8:1:2::/64. Node 20.1: fine at 1.5 s.',
    evidence: {
      clients: [
        { address: '192.0.2.171', connections: 9 },
        { address: 'unix', connections: 1 },
      ],
      late: 3,
    },
    remedy: 'Make one client',
    help: '',
  }
  const report = masked({
    kit: '1.0.0',
    node: 'v20',
    platform: 'linux x64',
    policy: {} as never,
    findings: [finding],
    snapshot: {
      ...empty,
      clients: { ...empty.clients, rows: addresses.map((address, i) => row(address, 10 - i)) },
    },
  })
  expect(report.snapshot.clients.rows.map(({ address, connections }) => [address, connections])).toEqual([
    ['192.0.2.0/24', 19],
    ['2001:db8:1::/48', 13],
    ['198.51.100.0/24', 8],
    ['unix', 5],
  ])
  expect(report.findings[0]!.message).toBe(
    '3 clients: 192.0.2.0/24 (50 for 50), 192.0.2.0/24 (9 for 9), 2001:db8:1::/48. Node 20.1: fine at 1.5 s.',
  )
  expect(report.findings[0]!.evidence).toEqual({
    clients: [
      { address: '192.0.2.0/24', connections: 9 },
      { address: 'unix', connections: 1 },
    ],
    late: 3,
  })
  const text = JSON.stringify(report)
  for (const address of addresses.slice(0, -1)) expect(text).not.toContain(`${address}"`)
  expect(text).not.toMatch(/192\.0\.2\.17|db8:1:[23]/)
})
