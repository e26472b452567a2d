import type { Symptom } from '../failure.ts'

/** Words of Go's net/http, which Caddy and Traefik pass on. */
const ofGo: readonly (readonly [RegExp, Symptom])[] = [
  [/connection refused/, 'refused'],
  [/i\/o timeout/, 'connect-timeout'],
  [/no such host|network is unreachable|no route to host/, 'unreachable'],
  [/^(?:tls|x509|remote error: tls)/, 'tls'],
  [/TLS handshake|certificate/, 'tls'],
  [/no upstreams available|all backends|no available server/, 'no-server'],
  [/timeout awaiting response headers|deadline exceeded/, 'response-timeout'],
  [/malformed HTTP|bad status|transport connection broken/, 'bad-response'],
  [/unexpected EOF/, 'cut'],
  [/EOF|connection reset|broken pipe|closed idle connection|use of closed network connection/, 'closed'],
]

/** What an error of Go's HTTP client says; `undefined` where its own client gave up. */
export function symptomOfGo(words: string): Symptom | undefined {
  if (/context canceled|client disconnected/.test(words)) return undefined
  return ofGo.find(([pattern]) => pattern.test(words))?.[1] ?? 'unclear'
}

/** `read tcp 10.0.0.1:41234->10.0.0.2:3000: read: connection reset by peer` has both sides. */
export function addressesOfGo(words: string): { readonly port: number; readonly target: string } {
  const [, port, target] =
    / tcp [\d.a-f:[\]]{2,60}:(\d{1,5})->([\d.a-f:[\]]{2,60}:\d{1,5}): /.exec(` ${words}`) ?? []
  const [, dialed] = /dial tcp ([\d.a-f:[\]]{2,60}:\d{1,5}): /.exec(words) ?? []
  return { port: Number(port ?? 0), target: target ?? dialed ?? '' }
}
