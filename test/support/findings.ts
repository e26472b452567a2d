import type { FindingCode } from '../../src/findings.ts'
import type { ClientRow } from '../../src/stats/snapshot.ts'
import type { Case } from './exam.ts'
import { histogramOf } from './histogram.ts'
import { mixture, sample, uniform } from './random.ts'

const row = (
  address: string,
  connections: number,
  requests: number,
  more: Partial<ClientRow> = {},
): ClientRow => ({
  address,
  connections,
  requests,
  reused: 0,
  reasons: { 'client-idle': connections },
  lastSeen: 1_000_000,
  ...more,
})

const closesAt = (timeout: number, count: number) =>
  histogramOf(sample(uniform(timeout, timeout + 40), count, 1))

const waits = (from: number, to: number, count: number) => histogramOf(sample(uniform(from, to), count, 2))

/** For each code a case that has the finding, and a similar one that has not. */
export const cases: Readonly<Record<FindingCode, { readonly fires: Case; readonly silent: Case }>> = {
  KEEPALIVE_NOT_ATTACHED: { fires: { hasHadServer: false }, silent: { hasHadServer: true } },
  KEEPALIVE_TIMEOUT_NOT_A_NUMBER: {
    fires: { server: { properties: { keepAliveTimeout: '65000', headersTimeout: Number.NaN } } },
    silent: { server: { properties: { timeout: 5_000 } } },
  },
  KEEPALIVE_TIMEOUT_ON_APP: {
    fires: { server: { onApps: { keepAliveTimeout: 120_000, headersTimeout: '121000' } } },
    silent: { server: { onApps: {} } },
  },
  KEEPALIVE_TIMEOUT_CHANGED: {
    fires: { server: { properties: { keepAliveTimeout: 5_000 } } },
    silent: { server: { properties: { requestTimeout: 120_000 } } },
  },
  KEEPALIVE_TIMEOUTS_SWAPPED: {
    fires: { server: { properties: { requestTimeout: 30_000 } } },
    silent: { server: { properties: { requestTimeout: 0 } } },
  },
  KEEPALIVE_CHECKING_INTERVAL_IGNORED: {
    fires: { server: { properties: { connectionsCheckingInterval: 1_000 } } },
    silent: { server: { properties: { connectionsCheckingInterval: 1_000 }, checkingInterval: undefined } },
  },
  KEEPALIVE_HINT_TOO_SHORT: {
    fires: {
      options: { keepAliveTimeout: 2_500 },
      server: { properties: { keepAliveTimeout: 2_500 }, set: { keepAliveTimeout: 2_500 } },
    },
    silent: {
      options: { keepAliveTimeout: 3_000 },
      server: { properties: { keepAliveTimeout: 3_000 }, set: { keepAliveTimeout: 3_000 } },
    },
  },
  KEEPALIVE_TIMEOUT_LISTENER: {
    fires: { server: { timeoutListeners: 1, properties: { timeout: 120_000 } } },
    silent: { server: { properties: { timeout: 120_000 } } },
  },
  KEEPALIVE_MAX_REQUESTS_PER_SOCKET: {
    fires: { server: { properties: { maxRequestsPerSocket: 100 } } },
    silent: { options: { maxRequests: 100 }, server: { properties: { maxRequestsPerSocket: 100 } } },
  },
  KEEPALIVE_PROXY_IDLES_LONG: {
    fires: { options: { behind: 'envoy' } },
    silent: { options: { behind: { proxy: 'envoy', idleTimeout: 60_000 } } },
  },
  KEEPALIVE_HTTP2_SERVER_TIMEOUT: {
    fires: { server: { http2: { http1: false, unfollowed: 0 }, properties: { timeout: 120_000 } } },
    silent: { server: { properties: { timeout: 120_000 } } },
  },
  KEEPALIVE_HTTP2_NEVER_IDLE: {
    fires: { server: { http2: { http1: false, unfollowed: 3 } } },
    silent: { server: { http2: { http1: false, unfollowed: 0 } } },
  },
  KEEPALIVE_HTTP2_HTTP1_SIDE: {
    fires: {
      options: { behind: 'aws-alb' },
      server: {
        http2: { http1: true, unfollowed: 0 },
        properties: { keepAliveTimeout: 5_000 },
        set: { keepAliveTimeout: 5_000 },
      },
    },
    silent: { options: { behind: 'aws-alb' }, server: { properties: { keepAliveTimeout: 5_000 } } },
  },
  KEEPALIVE_HTTP2_UNSAFE_CLOSE: {
    fires: { server: { http2: { http1: false, unfollowed: 0 }, nodeVersion: '20.20.2' } },
    silent: { server: { http2: { http1: false, unfollowed: 0 }, nodeVersion: '22.23.3' } },
  },
  KEEPALIVE_PEER_TIMEOUT: {
    fires: {
      snapshot: {
        histograms: {
          idleGap: {
            clientClosed: histogramOf(
              sample(mixture([3, uniform(60_000, 60_040)], [1, uniform(0, 60_000)]), 400, 1),
            ),
          },
        },
      },
    },
    silent: { snapshot: { histograms: { idleGap: { clientClosed: waits(0, 60_000, 400) } } } },
  },
  KEEPALIVE_SERVER_CLOSES_FIRST: {
    fires: {
      options: { behind: 'nginx' },
      snapshot: {
        connections: { reasons: { 'idle-timeout': 31, 'client-idle': 200 } },
        histograms: { idleGap: { clientClosed: waits(0, 50_000, 200) } },
      },
    },
    silent: {
      options: { behind: 'aws-nlb' },
      snapshot: {
        connections: { reasons: { 'idle-timeout': 200, 'client-idle': 31 } },
        histograms: { idleGap: { clientClosed: waits(0, 50_000, 31) } },
      },
    },
  },
  KEEPALIVE_PROXY_NEVER_CLOSES: {
    fires: {
      options: { behind: 'aws-alb' },
      snapshot: { connections: { reasons: { 'idle-timeout': 120 } } },
    },
    silent: {
      options: { behind: 'aws-alb' },
      snapshot: { connections: { reasons: { 'idle-timeout': 49 } } },
    },
  },
  KEEPALIVE_PROXY_CONTRADICTED: {
    fires: {
      options: { behind: { proxy: 'nginx', idleTimeout: 15_000 } },
      snapshot: { histograms: { idleGap: { clientClosed: closesAt(60_000, 200) } } },
    },
    silent: {
      options: { behind: 'nginx' },
      snapshot: { histograms: { idleGap: { clientClosed: closesAt(60_000, 200) } } },
    },
  },
  KEEPALIVE_DANGER_ZONE: {
    fires: {
      options: {
        behind: 'nginx',
        reduceTimeouts: { scalingThreshold: 10, saturationThreshold: 20, minTimeout: 5_000 },
      },
      snapshot: {
        timeouts: { keepAliveTimeout: 5_000 },
        histograms: { idleGap: { reused: waits(0, 4_500, 600), cutOff: closesAt(6_000, 200) } },
      },
    },
    silent: {
      options: { behind: 'nginx' },
      snapshot: { histograms: { idleGap: { reused: waits(0, 50_000, 600), cutOff: closesAt(66_000, 200) } } },
    },
  },
  KEEPALIVE_LATE_REQUESTS: {
    fires: { snapshot: { requests: { total: 20_000, late: 31, lateAfterClose: 9 } } },
    silent: { snapshot: { requests: { total: 20_000, late: 4 } } },
  },
  KEEPALIVE_REQUESTS_AFTER_CLOSE: {
    fires: { snapshot: { requests: { total: 20_000, late: 9, lateAfterClose: 9 } } },
    silent: { snapshot: { requests: { total: 20_000, late: 4, lateAfterClose: 4 } } },
  },
  KEEPALIVE_TIMEOUT_OUTLIVED: {
    fires: { snapshot: { requests: { total: 1_200, reused: 1_000, nearMisses: 12 } } },
    silent: { snapshot: { requests: { total: 1_200, reused: 1_000, nearMisses: 4 } } },
  },
  KEEPALIVE_APP_CLOSES: {
    fires: {
      snapshot: {
        connections: {
          closed: 1_000,
          reasons: { app: 900, 'client-idle': 100 },
          appCloses: { header: 880, noLength: 15, socket: 5 },
        },
        requests: { total: 1_200 },
      },
    },
    // An app that closes after an error now and then.
    silent: {
      snapshot: {
        connections: { closed: 100, reasons: { app: 90 }, appCloses: { header: 90 } },
        requests: { total: 10_000 },
      },
    },
  },
  KEEPALIVE_APP_HINT: {
    fires: {
      options: { keepAliveTimeout: 3_000 },
      server: { properties: { keepAliveTimeout: 3_000 }, set: { keepAliveTimeout: 3_000 } },
      snapshot: {
        requests: { total: 2_000, reused: 1_900, nearMisses: 40 },
        appHints: { responses: 180, least: 300, most: 300 },
      },
    },
    silent: { snapshot: { appHints: { responses: 4, least: 300, most: 300 } } },
  },
  KEEPALIVE_CLIENT_NEVER_REUSES: {
    fires: {
      snapshot: {
        takenAt: 600_000,
        clients: {
          rows: [
            row('10.0.3.17', 900, 900, { avoidable: 880 }),
            row('10.0.3.18', 70, 75, { reasons: { 'client-asked': 60 }, avoidable: 55 }),
            row('10.0.3.19', 60, 6_000, { reused: 5_940 }),
          ],
        },
      },
    },
    silent: {
      snapshot: {
        takenAt: 600_000,
        clients: {
          rows: [
            row('10.0.3.17', 900, 900, { reasons: { app: 900 }, avoidable: 880 }),
            row('10.0.3.18', 900, 900),
            row('10.0.3.19', 49, 49, { avoidable: 39 }),
          ],
        },
      },
    },
  },
  KEEPALIVE_LOAD_WITHOUT_REUSE: {
    fires: {
      snapshot: {
        takenAt: 1_020_000,
        connections: { opened: 3_100 },
        windows: { minute: { opened: 3_000, closed: 3_000, requests: 3_000 } },
        clients: { rows: [row('192.0.2.7', 3_000, 3_000, { avoidable: 2_900 })] },
      },
    },
    silent: {
      snapshot: {
        takenAt: 1_020_000,
        connections: { opened: 31_000 },
        windows: { minute: { opened: 3_000, closed: 3_000, requests: 3_000 } },
        clients: { rows: [row('192.0.2.7', 3_000, 3_000, { avoidable: 2_900 })] },
      },
    },
  },
  KEEPALIVE_SKEWED_REQUESTS: {
    fires: {
      snapshot: {
        histograms: {
          requestsPerConnection: histogramOf([...Array<number>(950).fill(2), ...Array<number>(50).fill(900)]),
        },
      },
    },
    silent: {
      snapshot: {
        histograms: { requestsPerConnection: histogramOf(sample(uniform(1, 200), 1_000, 1)) },
      },
    },
  },
  KEEPALIVE_SKEWED_SESSIONS: {
    fires: {
      busiestSessions: [61_000, 59_500, 320],
      snapshot: { histograms: { requestsAtOnce: { count: 121_000 } } },
    },
    silent: {
      options: { maxAge: 600_000 },
      busiestSessions: [61_000, 59_500, 320],
      snapshot: { histograms: { requestsAtOnce: { count: 121_000 } } },
    },
  },
}
