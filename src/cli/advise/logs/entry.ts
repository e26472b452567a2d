/** A request and its connection, from one line of an access log. One object is reused for all lines. */
export interface Entry {
  /** Identifies the connection among those open at the same time. */
  connection: number
  /** Request number on the connection, from 1; 0 if the line has none. */
  number: number
  /** When the request began, in Unix ms. */
  start: number
  /** When its response ended, in Unix ms. */
  end: number
  /** Identifies the client; 0 if the line does not name the client. */
  client: number
  /** Whether the connection stayed open after the response, as far as the line shows. */
  kept: boolean
  /** Whether the last request on a connection repeats the number of the request before it. */
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

/** The program that wrote the log. */
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

/** A format of log lines, with its reader. */
export interface LogFormat {
  readonly kind: LogKind
  /** As in the server's configuration, or its name. */
  readonly text: string
  readonly read: LineReader
  /** The error of an idle gap, because times are rounded, in ms. */
  readonly gapError: number
  /** Whether the lines have request numbers. */
  readonly isNumbered: boolean
}

/**
 * Reads a line.
 *
 * - `entry`: the entry is filled.
 * - `other`: the line is valid but shows no idle interval, such as a line of HTTP/2.
 * - `bad`: the line is not of this format.
 */
export type LineReader = (line: string, entry: Entry) => 'entry' | 'other' | 'bad'
