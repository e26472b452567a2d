import type { OutgoingFindingCode } from '../../src/findings.ts'
import { mergeOutgoing, mergeRows } from '../../src/outgoing/merge.ts'
import type { OutgoingRow, OutgoingSnapshot } from '../../src/outgoing/snapshot.ts'
import { histogramOf } from './histogram.ts'

type Parts<T> = { readonly [K in keyof T]?: T[K] extends object ? Partial<T[K]> : T[K] }

/** When all rows of these snapshots began, and when the snapshots were taken. */
const [since, takenAt] = [1_700_000_000_000, 1_700_000_120_000]

/** A row of zeros but for what is given. */
export function outgoingRow(origin: string, given: Parts<OutgoingRow> = {}): OutgoingRow {
  const zeros = mergeRows(origin, [])
  const row: Record<string, unknown> = { ...zeros, since }
  for (const [name, value] of Object.entries(given)) {
    const zero = row[name]
    row[name] = typeof zero === 'object' && zero !== null ? { ...zero, ...(value as object) } : value
  }
  return row as unknown as OutgoingRow
}

export function outgoingSnapshot(...origins: readonly OutgoingRow[]): OutgoingSnapshot {
  return { ...mergeOutgoing([]), processes: 1, since, takenAt, origins }
}

/** So many idle gaps of a server that ends them after 5 s. */
const fiveSeconds = (count: number): OutgoingRow['idleGaps']['serverClosed'] =>
  histogramOf(Array.from({ length: count }, (_, i) => 5_000 + (i % 10)))

const api = 'https://api.example.com'

const noReuse = outgoingRow(api, {
  connections: {
    opened: 1_200,
    closed: 1_200,
    closedBy: { us: 1_200, server: 0, network: 0 },
    askedBy: { us: 1_200, server: 0 },
  },
  requests: { total: 1_200 },
  sites: [{ site: 'getUser (/app/users.js:12:9)', count: 9 }],
})

const agentEach = outgoingRow(api, {
  connections: { opened: 300, open: 280, agents: 300, besideIdle: 299 },
  requests: { total: 300 },
})

const shortHint = outgoingRow(api, {
  connections: { opened: 300, closed: 300 },
  requests: { total: 300 },
  advertisedTimeout: 1_000,
  via: { http: 300 },
})

const lost = outgoingRow(api, {
  requests: { total: 9_000, reused: 8_400, lost: 22 },
  advertisedTimeout: 5_000,
  ownTimeout: 0,
})

const serverFirst = outgoingRow(api, {
  requests: { total: 9_000, reused: 8_400, lost: 3 },
  idleGaps: { serverClosed: fiveSeconds(120), cutOff: histogramOf([10, 20, 30]) },
  ownTimeout: 60_000,
})

const old = outgoingRow(api, { connections: { opened: 4, open: 4, oldest: 93_600_000 } })

/** For each finding a snapshot that has it, and some like it that have not. */
export const outgoingCases: Readonly<
  Record<
    OutgoingFindingCode,
    { readonly fires: OutgoingSnapshot; readonly silent: readonly OutgoingSnapshot[] }
  >
> = {
  OUTGOING_NEVER_REUSES: {
    fires: outgoingSnapshot(noReuse),
    silent: [
      outgoingSnapshot({ ...noReuse, requests: { total: 1_200, reused: 13, lost: 0 } }),
      outgoingSnapshot(outgoingRow(api, { connections: { opened: 19 }, requests: { total: 19 } })),
      // One request in 6 s: no connection waits that long.
      outgoingSnapshot(outgoingRow(api, { connections: { opened: 20 }, requests: { total: 20 } })),
      outgoingSnapshot(shortHint),
      outgoingSnapshot(agentEach),
    ],
  },
  OUTGOING_AGENT_PER_REQUEST: {
    fires: outgoingSnapshot(agentEach),
    silent: [
      outgoingSnapshot(outgoingRow(api, { connections: { opened: 19, agents: 19 } })),
      outgoingSnapshot(outgoingRow(api, { connections: { opened: 300, agents: 200, besideIdle: 200 } })),
      outgoingSnapshot(
        outgoingRow(api, {
          connections: { opened: 300, besideIdle: 300 },
          requests: { total: 900, reused: 600 },
        }),
      ),
    ],
  },
  OUTGOING_HINT_TOO_SHORT: {
    fires: outgoingSnapshot(shortHint),
    silent: [
      outgoingSnapshot({ ...shortHint, advertisedTimeout: 2_000 }),
      outgoingSnapshot({ ...shortHint, requests: { total: 300, reused: 100, lost: 0 } }),
      outgoingSnapshot({ ...shortHint, advertisedTimeout: 3_000, via: { http: 0, undici: 300 } }),
      outgoingSnapshot(noReuse),
    ],
  },
  OUTGOING_LOST_REQUESTS: {
    fires: outgoingSnapshot(lost),
    silent: [outgoingSnapshot(outgoingRow(api, { requests: { total: 9_000, reused: 8_400, lost: 4 } }))],
  },
  OUTGOING_TIMEOUT_ABOVE_SERVER: {
    fires: outgoingSnapshot(serverFirst),
    silent: [
      outgoingSnapshot(outgoingRow(api, { idleGaps: { serverClosed: fiveSeconds(19) } })),
      outgoingSnapshot(
        outgoingRow(api, { idleGaps: { serverClosed: fiveSeconds(20), cutOff: fiveSeconds(100) } }),
      ),
    ],
  },
  OUTGOING_OLD_CONNECTIONS: {
    fires: outgoingSnapshot(old),
    silent: [outgoingSnapshot(outgoingRow(api, { connections: { opened: 4, open: 4, oldest: 3_599_000 } }))],
  },
}
