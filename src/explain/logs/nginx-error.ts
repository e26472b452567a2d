import { failureAt, type LineReading, type LogReader, requestOf, type Symptom } from '../failure.ts'

/** What nginx says of its upstream, in the order of the first that fits. */
const words: readonly (readonly [RegExp, Symptom])[] = [
  [/^no live upstreams/, 'no-server'],
  [/^upstream timed out .* while (?:connecting to upstream|SSL handshaking)/, 'connect-timeout'],
  [/^upstream timed out/, 'response-timeout'],
  [/^connect\(\) (?:to \S+ )?failed \((?:111|2|11):/, 'refused'],
  [/^connect\(\) (?:to \S+ )?failed \(110:/, 'connect-timeout'],
  [/^connect\(\) (?:to \S+ )?failed|could not be resolved|^host not found/, 'unreachable'],
  [/^(?:SSL_do_handshake\(\)|peer closed connection in SSL handshake|upstream SSL certificate)/, 'tls'],
  [/^upstream sent/, 'bad-response'],
  [/while reading upstream/, 'cut'],
  [/^upstream prematurely closed|^(?:recv|send|writev|SSL_\w+|sendfile)\(\) failed/, 'closed'],
]

const requestStart = ', request: "'

const head = /(?:^|[ :])(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d) \[(\w+)\] \d+#\d+: (?:\*\d+ )?/

/** nginx's error log. Its times have neither zone nor fraction, and no level of it has the port towards the server. */
export const nginxError = (): LogReader => ({
  kind: 'nginx',
  name: 'error log',
  zoned: false,
  moreWith: 'an access log of nginx with $msec and the $upstream_… variables: docs/explain.md has the line',
  read(line): LineReading {
    const found = head.exec(line)
    if (!found) return 'bad'
    // What the client can write, the referrer, comes behind it.
    const at = line.indexOf(', upstream: "')
    if (at < 0) return 'other'
    const text = line.slice(found.index + found[0].length, at)
    // A warning about a response that was buffered, and the like.
    if (!/^(?:error|crit|alert|emerg)$/.test(found[7]!)) return 'other'
    // An upgraded connection ends as the server likes.
    if (text.includes('while proxying upgraded connection')) return 'other'
    const begin = line.indexOf(requestStart)
    const request =
      begin < 0 || begin > at
        ? ''
        : line.slice(begin + requestStart.length, line.indexOf('", ', begin + requestStart.length))
    const [, target = ''] = /^[a-z]+:\/\/(unix:[^:]+|[^/"]+)/.exec(line.slice(at + 13)) ?? []
    const [year, month, day, hours, minutes, seconds] = found.slice(1, 7).map(Number)
    return failureAt(Date.UTC(year!, month! - 1, day, hours, minutes, seconds), 1_000, {
      symptom: words.find(([pattern]) => pattern.test(text))?.[1] ?? 'unclear',
      request: requestOf(request),
      target: text.startsWith('no live upstreams') ? '' : target,
    })
  },
})
