import type { Exam, ServerExam } from '../../src/doctor/exam.ts'
import type { KeepAliveOptions } from '../../src/policy/options.ts'
import { resolvePolicy } from '../../src/policy/policy.ts'
import type { Snapshot } from '../../src/stats/snapshot.ts'
import { emptySnapshot } from './empty-snapshot.ts'

type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> }
    : T

/** A healthy server with the kit on it. */
const healthy: ServerExam = {
  name: 'The server on port 3000',
  properties: {
    keepAliveTimeout: 65_000,
    keepAliveTimeoutBuffer: 1_000,
    headersTimeout: 66_000,
    requestTimeout: 300_000,
    timeout: 0,
    connectionsCheckingInterval: 30_000,
    maxRequestsPerSocket: 0,
  },
  set: {
    keepAliveTimeout: 65_000,
    keepAliveTimeoutBuffer: 1_000,
    headersTimeout: 66_000,
    requestTimeout: 300_000,
  },
  checkingInterval: 30_000,
  timeoutListeners: 0,
  http2: undefined,
  nodeVersion: '24.21.0',
  onApps: {},
}

/** The facts for the doctor if nothing is wrong, with the given changes. */
export interface Case {
  readonly options?: KeepAliveOptions
  readonly server?: Partial<Omit<ServerExam, 'properties'>> & {
    readonly properties?: ServerExam['properties']
  }
  readonly snapshot?: DeepPartial<Snapshot> | undefined
  readonly busiestSessions?: readonly number[]
  readonly hasHadServer?: boolean
}

export function examOf({
  options,
  server = {},
  snapshot = {},
  busiestSessions = [],
  hasHadServer = true,
}: Case): Exam {
  const policy = resolvePolicy(options)
  const { keepAliveTimeout, keepAliveTimeoutBuffer } = policy
  const timeouts = { keepAliveTimeout, keepAliveTimeoutBuffer }
  return {
    policy,
    snapshot: merged({ ...emptySnapshot(), timeouts }, snapshot) as Snapshot,
    servers: hasHadServer
      ? [{ ...healthy, ...server, properties: { ...healthy.properties, ...server.properties } }]
      : [],
    busiestSessions,
    hasHadServer,
  }
}

function merged(base: unknown, over: unknown): unknown {
  if (over === undefined) return base
  if (typeof base !== 'object' || base === null || typeof over !== 'object' || over === null) return over
  if (Array.isArray(over)) return over
  const entries = Object.entries(over).map(([key, value]) => [
    key,
    merged((base as Record<string, unknown>)[key], value),
  ])
  return { ...base, ...Object.fromEntries(entries) }
}
