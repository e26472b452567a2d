import type { ClosedConnection } from '../closed.ts'
import type { ConnectionInfo } from '../connection/info.ts'
import type { Finding, OutgoingFindingCode } from '../findings.ts'
import type { Policy } from '../policy/policy.ts'
import type { State } from '../reasons.ts'
import type { ClientRow, Counts, Summary } from '../stats/snapshot.ts'
import type { Sample, SamplesByRange } from './samples.ts'

// What the page gets from its server, as JSON.

/** Rows of an answer at most. */
export const pageSize = 100

/** The rows that paging leads to at most: whoever looks for one beyond narrows the filter. */
export const reach = 10_000

/** A part of the rows that a filter lets through. */
export interface Paged<Row> {
  /** All there are. */
  readonly total: number
  /** Those that the filter lets through. */
  readonly matching: number
  /** How many of them come before the first one of `rows`. */
  readonly offset: number
  readonly rows: readonly Row[]
}

/** The first event of a stream, `hello`. */
export interface Hello {
  /** Versions of the kit and of Node, and the process's id. */
  readonly kit: string
  readonly node: string
  readonly pid: number
  readonly policy: Omit<Policy, 'log'>
  readonly history: SamplesByRange
  readonly update: Update
}

/** One worker of several. */
export interface WorkerLine {
  readonly pid: number
  /** Its number in the cluster: a worker that takes the place of another one has a new number. */
  readonly id: number
  /** Since when it counts: Unix time in ms. */
  readonly since: number
  readonly open: number
  readonly idle: number
  readonly requests: number
  readonly minute: Counts
  readonly quarterHour: Counts
  /** Since its last answer, in ms; its numbers are that old. */
  readonly age: number
}

/** The workers of a cluster whose numbers are added up. */
export interface WorkersLine {
  /** By `id`, the worker that serves the page among them. */
  readonly rows: readonly WorkerLine[]
  /** Why the others cannot be reached; left out where they can. */
  readonly why?: string
}

/** An event a second, `update`. The page's own connections are in `page` and in nothing else. */
export interface Update {
  /** Left out where the process is no worker of a cluster. */
  readonly workers?: WorkersLine
  readonly summary: Summary
  readonly findings: readonly Finding[]
  /** What the page itself needs: its open connections, and the requests on them. */
  readonly page: { readonly open: number; readonly requests: number }
  /** Streams open. */
  readonly viewers: number
  readonly draining: boolean
  /** Since the event before, if there is a new one. */
  readonly sample?: Sample
}

/** What rows are sorted by. */
export const clientSorts = ['connections', 'requests', 'reuse', 'lastSeen'] as const
export type ClientSort = (typeof clientSorts)[number]

export interface ClientLine extends ClientRow {
  /** It opens a connection for each request, and could do otherwise. */
  readonly neverReuses: boolean
  readonly checksHealth: boolean
}

/** Clients that can be asked for apart. */
export const clientKinds = ['neverReuses', 'checksHealth'] as const
export type ClientKind = (typeof clientKinds)[number]

/** `clients.json?text=&kind=&sort=&order=&offset=`. */
export interface ClientsAnswer extends Paged<ClientLine> {
  /** All that have no row of their own. */
  readonly other: ClientRow
}

export const connectionSorts = ['id', 'age', 'idle', 'requests', 'bytes'] as const
export type ConnectionSort = (typeof connectionSorts)[number]

export interface ConnectionLine extends ConnectionInfo {
  /** It serves the page itself. */
  readonly page: boolean
  /** How it ended, where it has closed. */
  readonly ending?: Pick<ClosedConnection, 'closedBy' | 'reason' | 'late' | 'dropped'>
}

/** `connections.json?state=&text=&client=&sort=&order=&offset=`. */
export type ConnectionsAnswer = Paged<ConnectionLine>

export const openStates: readonly Exclude<State, 'closed'>[] = [
  'new',
  'active',
  'idle',
  'closing',
  'upgraded',
]

/** The connections that closed last, all of them and those that lost a request by it. */
export const closedStates = ['closed', 'lost'] as const

/** Which connections are asked for; none of these: those that are open. */
export type StateFilter = (typeof openStates)[number] | (typeof closedStates)[number]

export const stateFilters: readonly StateFilter[] = [...openStates, ...closedStates]

/** `timeline.json?id=`. */
export interface TimelineAnswer {
  /** `null` where the connection is neither open nor among those that closed last. */
  readonly connection: ConnectionLine | null
  /** What happened on the connection, line by line; `null` where that is not known, or not any more. */
  readonly lines: readonly string[] | null
}

/** The connections to one origin, as the page shows them. */
export interface OutgoingLine {
  /** `null` for all that have no row of their own. */
  readonly origin: string | null
  readonly opened: number
  readonly open: number
  /** Attempts that ended before a connection was established. */
  readonly failed: number
  readonly closedByServer: number
  readonly requests: number
  readonly reused: number
  readonly lost: number
  /** In ms. */
  readonly advertisedTimeout: number | null
}

/** The outgoing connections of a process, those with most connections first. */
export interface OutgoingAnswer {
  /** Origins with a row of their own. */
  readonly total: number
  readonly rows: readonly OutgoingLine[]
  readonly findings: readonly Finding<OutgoingFindingCode>[]
}
