/** What one line of an access log says of a request and its connection. One object is filled again and again. */
export interface Entry {
  /** Tells connections apart that are open at the same time. */
  connection: number
  /** Request number on the connection, from 1; 0 where the line does not say. */
  number: number
  /** When the request began, in Unix ms. */
  start: number
  /** When its response ended, in Unix ms. */
  end: number
  /** Tells clients apart; 0 where the line does not say. */
  client: number
  /** Whether the connection was kept open after the response, as far as the line says. */
  kept: boolean
  /** Whether the last request on a connection has the number of the one before it. */
  lastRepeats: boolean
}

export const newEntry = (): Entry => ({
  connection: 0,
  number: 0,
  start: 0,
  end: 0,
  client: 0,
  kept: true,
  lastRepeats: false,
})

/** Whose log it is. */
export type LogKind =
  | 'nginx'
  | 'apache'
  | 'kit'
  | 'caddy'
  | 'traefik'
  | 'envoy'
  | 'haproxy'
  | 'alb'
  | 'pino'
  | 'fastify'

/** A format of log lines, with a reader of its own. */
export interface LogFormat {
  readonly kind: LogKind
  /** As it stands in the server's configuration, or its name. */
  readonly text: string
  readonly read: LineReader
  /** By how much an idle gap may be wrong, as times are rounded, in ms. */
  readonly gapError: number
  /** Whether its lines have request numbers. */
  readonly isNumbered: boolean
}

/**
 * Reads a line.
 *
 * - `entry`: it is filled.
 * - `other`: the line is in order and says nothing of idle intervals, such as one of HTTP/2.
 * - `bad`: the line is not of this format.
 */
export type LineReader = (line: string, entry: Entry) => 'entry' | 'other' | 'bad'
