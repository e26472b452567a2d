import type { Histogram } from '../stats/snapshot.ts'

/** Who closed an outgoing connection: this process, the server, or the network that failed. */
export const outgoingClosers = ['us', 'server', 'network'] as const

export type OutgoingClosedBy = (typeof outgoingClosers)[number]

/** Which client library opened the connection: `node:http` and what builds on it, or undici, `fetch` included. */
export const outgoingLibraries = ['http', 'undici'] as const

export type OutgoingLibrary = (typeof outgoingLibraries)[number]

/** Where an open connection is: `new` until its first request; `active` while a request is under way; `upgraded` after CONNECT or 101. */
export const outgoingStates = ['new', 'active', 'idle', 'upgraded'] as const

export type OutgoingState = (typeof outgoingStates)[number]

/** How idle gaps ended; the histograms of a row, by name. */
export type OutgoingIdleEnd = 'reused' | 'serverClosed' | 'cutOff'

/** A place in the app that sends requests. */
export interface CallSite {
  /** `file:line:column` of the first frame outside of Node and `node_modules`, with the function's name if there is one. */
  readonly site: string
  /** How many of the sampled requests came from there. */
  readonly count: number
}

/** The connections to one origin. */
export interface OutgoingRow {
  /** `https://api.example.com`, with a port where it is not the default; `unix:/path`; `null` for all that have no row of their own. */
  readonly origin: string | null
  /** Since when the origin is known: Unix time in ms. */
  readonly since: number
  readonly connections: {
    /** Connections that were established, TLS included. */
    readonly opened: number
    readonly closed: number
    /** Open when `stop()` was called. */
    readonly released: number
    /** Now. */
    readonly open: number
    /** The open ones by state. */
    readonly states: Readonly<Record<OutgoingState, number>>
    /** The closed ones by who closed. */
    readonly closedBy: Readonly<Record<OutgoingClosedBy, number>>
    /** Of the closed ones, those whose last request, or response, said `Connection: close`: by who said so first. */
    readonly askedBy: Readonly<Record<'us' | 'server', number>>
    /** Attempts that ended before a connection was established. */
    readonly failed: number
    /** Agents of `node:http` whose first connection was to this origin. */
    readonly agents: number
    /** Opened while another connection to the origin was idle: with one agent for all, it would have been used. */
    readonly besideIdle: number
    /** Age of the oldest open connection, in ms; 0 where there is none. */
    readonly oldest: number
  }
  readonly requests: {
    /** Sent on a connection that was established. */
    readonly total: number
    /** Of those, not the first on their connection. */
    readonly reused: number
    /** Of the reused, those that the server closed or reset before a response began: its close and the request crossed. */
    readonly lost: number
  }
  /**
   * Idle gaps in ms, by how they ended. `reused`: by the next request. `serverClosed`: by the server's FIN or RST. `cutOff`: by
   * this process or the network. Together with the idle connections of now these are all the idle gaps that have begun.
   */
  readonly idleGaps: Readonly<Record<OutgoingIdleEnd, Histogram>>
  /** How long the connections that are idle now have been, in ms; of the 10,000 oldest connections of the process. */
  readonly idleNow: Histogram
  /** Age of closed connections at their close, in ms. */
  readonly age: Histogram
  /** `Keep-Alive: timeout=` of the server's latest response that was looked at, in ms; `null` where none said so. Merged: the shortest. */
  readonly advertisedTimeout: number | null
  /**
   * For how long the `node:http` agent keeps an idle connection, in ms; 0: without a limit; `null`: not known, as for undici.
   * Merged: the longest.
   */
  readonly ownTimeout: number | null
  /** Requests by client library. */
  readonly via: Readonly<Record<OutgoingLibrary, number>>
  /** Sampled call sites, the most frequent first. Left out where there are none. */
  readonly sites?: readonly CallSite[]
}

/** The version of the outgoing snapshots that this release makes and reads. */
export const outgoingVersion = 1

/** All outgoing connections of a process as plain JSON. The rows and `other` sum to all. */
export interface OutgoingSnapshot {
  /** Version of this shape. */
  readonly version: 1
  /** When it was taken: Unix time in ms. */
  readonly takenAt: number
  /** Since when it counts: Unix time in ms. */
  readonly since: number
  /** Processes it speaks of; above 1 after a merge, 0 after one of nothing. */
  readonly processes: number
  /** Those with most connections first. */
  readonly origins: readonly OutgoingRow[]
  /** The origins that came when all rows were taken. */
  readonly other: OutgoingRow
}

/** A live connection. Times in ms. */
export interface OutgoingConnectionInfo {
  /** Counts from 1 per tracker. */
  readonly id: number
  readonly origin: string
  readonly via: OutgoingLibrary
  readonly state: OutgoingState
  readonly requests: number
  /** Since it was established. */
  readonly age: number
  /** For how long it has been idle; 0 where it is not. */
  readonly idle: number
}

/** `keepalive-kit:outgoing-close`: an outgoing connection has closed. Times in ms. */
export interface OutgoingClosed {
  readonly id: number
  readonly origin: string
  readonly via: OutgoingLibrary
  readonly requests: number
  /** From its establishment to its close. */
  readonly age: number
  /** How long it had been idle at its close; 0 where it was not idle. */
  readonly idleAtClose: number
  readonly closedBy: OutgoingClosedBy
}
