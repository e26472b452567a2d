import type { Policy } from '../policy/policy.ts'
import type { Snapshot } from '../stats/snapshot.ts'

/** The properties of a server that the doctor looks at. The app may have set values of any type. */
export const serverProperties = [
  'keepAliveTimeout',
  'keepAliveTimeoutBuffer',
  'headersTimeout',
  'requestTimeout',
  'timeout',
  'connectionsCheckingInterval',
  'maxRequestsPerSocket',
] as const

export type ServerProperty = (typeof serverProperties)[number]

/** Properties that people set on the app by mistake. */
export const misplacedProperties = [
  'keepAliveTimeout',
  'keepAliveTimeoutBuffer',
  'headersTimeout',
  'requestTimeout',
] as const

type MisplacedProperty = (typeof misplacedProperties)[number]

/** The facts about one server. Plain data, collected in one place: a check never touches the server. */
export interface ServerExam {
  /** How messages call the server: `The server on port 3000`, or `The server` while it does not listen. */
  readonly name: string
  /** The current values, without the properties that this version of Node does not have. */
  readonly properties: Readonly<Partial<Record<ServerProperty, unknown>>>
  /** The values that `attach()` set. */
  readonly set: Readonly<Partial<Record<ServerProperty, number>>>
  /** The interval in ms at which Node really checks for overdue requests; `undefined` before it listens. */
  readonly checkingInterval: number | undefined
  /** Number of listeners for 'timeout'. */
  readonly timeoutListeners: number
  /** The HTTP/2 side; `undefined` if the server speaks no HTTP/2. */
  readonly http2:
    | {
        /** Whether the server speaks HTTP/1.1 too. */
        readonly http1: boolean
        /** Sessions without a record: they were open before attach(). Node reports them from 24 on. */
        readonly unfollowed: number
      }
    | undefined
  readonly nodeVersion: string
  /** The timeouts that were set on apps, where they have no effect. */
  readonly onApps: Readonly<Partial<Record<MisplacedProperty, unknown>>>
}

/** All facts that the doctor looks at. */
export interface Exam {
  readonly policy: Policy
  readonly snapshot: Snapshot
  readonly servers: readonly ServerExam[]
  /** The requests of the ten busiest open HTTP/2 sessions. */
  readonly busiestSessions: readonly number[]
  /** False if the kit has never had a server. Still true after the server has closed or was detached. */
  readonly hasHadServer: boolean
}
