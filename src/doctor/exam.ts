import type { Policy } from '../policy/policy.ts'
import type { Snapshot } from '../stats/snapshot.ts'

/** The properties of a server that the doctor looks at; whatever was put there, so of any type. */
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

/** Those that people set on an app. */
export const misplacedProperties = [
  'keepAliveTimeout',
  'keepAliveTimeoutBuffer',
  'headersTimeout',
  'requestTimeout',
] as const

type MisplacedProperty = (typeof misplacedProperties)[number]

/** What the doctor sees of one server. Plain data, gathered in one place: a check never touches the server. */
export interface ServerExam {
  /** What messages call it: `The server on port 3000`, or `The server` while it does not listen. */
  readonly name: string
  /** As they are now; a property that this version of Node has not is left out. */
  readonly properties: Readonly<Partial<Record<ServerProperty, unknown>>>
  /** What `attach()` set, by property. */
  readonly set: Readonly<Partial<Record<ServerProperty, number>>>
  /** The interval in ms at which Node really looks for overdue requests; `undefined` before it listens. */
  readonly checkingInterval: number | undefined
  /** Listeners for 'timeout'. */
  readonly timeoutListeners: number
  /** Where it is an HTTP/2 server. */
  readonly http2:
    | {
        /** It serves HTTP/1.1 too. */
        readonly http1: boolean
        /** Sessions without a record: open before the kit was attached. Node tells of them from 24 on. */
        readonly unfollowed: number
      }
    | undefined
  /** Of Node. */
  readonly nodeVersion: string
  /** The timeouts that were found on apps, where they do nothing. */
  readonly onApps: Readonly<Partial<Record<MisplacedProperty, unknown>>>
}

/** All that the doctor looks at. */
export interface Exam {
  readonly policy: Policy
  readonly snapshot: Snapshot
  readonly servers: readonly ServerExam[]
  /** The requests of the open HTTP/2 sessions that had most: of ten at most. */
  readonly busiestSessions: readonly number[]
  /** False where the kit has never been on a server: not on one that has closed or was left since. */
  readonly hasHadServer: boolean
}
