import { detached } from '../logs/text.ts'

/**
 * What a proxy says of a request that failed.
 *
 * - `refused`: nothing accepted the connection.
 * - `connect-timeout`: the connection did not open in time.
 * - `unreachable`: no way to the server's address, or no address for its name.
 * - `tls`: the TLS handshake failed.
 * - `no-server`: the proxy had no server that it took to be up.
 * - `closed`: the connection ended before any response, by FIN or by RST.
 * - `cut`: the connection ended within the response.
 * - `response-timeout`: no response within the proxy's own timeout.
 * - `bad-response`: what came is no response.
 * - `answered`: the server's own response, of status 500 or above.
 * - `unclear`: the log says that it failed, and not how.
 */
export type Symptom =
  | 'refused'
  | 'connect-timeout'
  | 'unreachable'
  | 'tls'
  | 'no-server'
  | 'closed'
  | 'cut'
  | 'response-timeout'
  | 'bad-response'
  | 'answered'
  | 'unclear'

/** A request that failed, as a proxy's log has it. Times in Unix ms, by the proxy's clock. */
export interface LoggedFailure {
  /** When the proxy gave up; the earliest moment where the log rounds. */
  readonly time: number
  /** The latest such moment. */
  readonly until: number
  /** The status that the client got; 0 where the log does not say. */
  readonly status: number
  /** Method and path; empty where the log does not say. */
  readonly request: string
  readonly symptom: Symptom
  /** The symptom is the usual one of several that this log does not tell apart. */
  readonly isUsual?: boolean
  /** The port of the proxy's side of the connection, which is the record's `remotePort`; 0 where the log does not say. */
  readonly port: number
  /** The server, such as `10.0.0.5:3000`; empty where the log does not say. */
  readonly target: string
}

/** Whose log it is. */
export type LogKind =
  | 'nginx'
  | 'haproxy'
  | 'apache'
  | 'envoy'
  | 'caddy'
  | 'traefik'
  | 'varnish'
  | 'alb'
  | 'access'

/**
 * What a line says.
 *
 * - `ok`: a request that did not fail, or whose client gave up.
 * - `other`: the line is in order and is about no request.
 * - `bad`: the line is not of this format.
 */
export type LineReading = LoggedFailure | 'ok' | 'other' | 'bad'

/** A format of log lines. One is made for each log: it may remember the lines before. */
export interface LogReader {
  readonly kind: LogKind
  /** The format, in words. */
  readonly name: string
  /** Whether its times have a zone: without one they may be of another one. */
  readonly zoned: boolean
  /** What would make the join exact, where its lines have no port. */
  readonly exactWith?: string
  /** What would tell more, where nothing makes the join exact. */
  readonly moreWith?: string
  read(line: string): LineReading
}

/** @param precision - of the time, in ms. */
export function failureAt(
  time: number,
  precision: number,
  rest: Partial<Omit<LoggedFailure, 'time' | 'until'>> & Pick<LoggedFailure, 'symptom'>,
): LoggedFailure | 'bad' {
  if (!(time >= firstTime && time < lastTime)) return 'bad'
  const { request = '', target = '' } = rest
  return {
    status: 0,
    port: 0,
    ...rest,
    time: Math.floor(time),
    until: Math.ceil(time + precision),
    request: detached(request),
    target: detached(target),
  }
}

const firstTime = Date.UTC(2000)
const lastTime = Date.UTC(2100)

/** A port in a text; 0 for what is none. */
export function portOf(text: string | undefined): number {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0
  return port <= 65_535 ? port : 0
}

/** `GET /path HTTP/1.1` without the version, and without an origin. Cut to what a table can show. */
export function requestOf(line: string): string {
  const request = line.replace(/ HTTP\/[\d.]{1,3}$/, '').replace(/^(\S+) https?:\/\/[^/\s]*/, '$1 ')
  return decoded(request.replace(/ {2,}/, ' ').slice(0, 512))
}

/** Lines are read byte for byte; what people read is UTF-8. */
function decoded(text: string): string {
  if (!/[\x80-\xff]/.test(text)) return text
  return new TextDecoder().decode(Uint8Array.from(text, (char) => char.charCodeAt(0)))
}

/** A status; 0 for `-` and `000`. */
export function statusOf(text: string | undefined): number {
  const status = Number(text)
  return status >= 100 && status <= 999 ? status : 0
}
