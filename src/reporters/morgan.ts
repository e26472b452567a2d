import type { IncomingMessage, ServerResponse } from 'node:http'
import { keepFacts, type RequestFacts } from '../connection/facts.ts'
import { factsOf } from '../connection/facts-of.ts'

/** A token of morgan. */
export type Token = (req: IncomingMessage, res: ServerResponse) => string | undefined

/** The parts of morgan that the kit uses. */
export interface Morgan {
  token(name: string, token: Token): unknown
  format(name: string, format: string): unknown
}

const tokens: Readonly<Record<string, (facts: RequestFacts) => string | number | undefined>> = {
  'connection-id': ({ id }) => id,
  'request-number': ({ number }) => number,
  'connection-reused': ({ reused }) => reused,
  'connection-age': ({ age }) => age,
  'idle-gap': ({ idleBefore }) => idleBefore,
  'connection-outcome': ({ outcome }) => outcome,
}

const combined =
  ':remote-addr - :remote-user [:date[clf]] ":method :url HTTP/:http-version" :status :res[content-length] ":referrer" ":user-agent"'

/**
 * Registers the kit's tokens and formats with morgan. Each token is `-` if the kit has no record. If only
 * `:connection-outcome` is `-`, the connection was closed after the response.
 *
 * | token | meaning | elsewhere |
 * | --- | --- | --- |
 * | `:connection-id` | number of the connection, from 1 per process | nginx `$connection` |
 * | `:request-number` | request number on the connection, from 1 | nginx `$connection_requests` |
 * | `:connection-reused` | request number − 1 | Apache `%k`, except for closing responses |
 * | `:connection-age` | ms since the connection's accept | nginx `$connection_time`, in s |
 * | `:idle-gap` | ms idle before the request, 0 for the first | |
 * | `:connection-outcome` | `+` kept, `-` closed after the response, `X` aborted before its end | Apache `%X` |
 *
 * | format | meaning |
 * | --- | --- |
 * | `apache-keepalive` | Apache's combined, then `:connection-reused :connection-outcome` |
 * | `nginx-keepalive` | nginx's combined, then `:connection-id :request-number` |
 *
 * On a response that closes the connection, Apache's `%k` repeats the previous number, unless Apache's own cap closes it: see
 * docs/logs.md#apaches-k-and-x.
 *
 * @returns the given morgan.
 * @example
 * app.use(keepAlive({ behind: 'nginx' }))
 * app.use(registerTokens(morgan)('nginx-keepalive'))
 */
export function registerTokens<M extends Morgan>(morgan: M): M {
  keepFacts()
  for (const [name, read] of Object.entries(tokens)) {
    morgan.token(name, (req, res) => {
      const facts = factsOf(req, res)
      return facts && read(facts)?.toString()
    })
  }
  morgan.format('apache-keepalive', `${combined} :connection-reused :connection-outcome`)
  morgan.format('nginx-keepalive', `${combined} :connection-id :request-number`)
  return morgan
}
