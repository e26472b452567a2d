import {
  failureAt,
  type LineReading,
  type LogReader,
  portOf,
  requestOf,
  type Symptom,
  statusOf,
} from '../failure.ts'

/** The format that docs/explain.md gives for `varnishncsa -b`. */
export const varnishFormat =
  '%{VSL:Timestamp:Start[1]}x %{VSL:Timestamp:Error[1]}x "%r" %s "%{VSL:BackendOpen}x" "%{VSL:FetchError}x"'

const line = /^(\d{10}\.\d{1,6}) (\d{10}\.\d{1,6}|-) "(.*?)" (\d{3}|-) "([^"]*)" "(.*)"$/

const words: readonly (readonly [RegExp, Symptom])[] = [
  [/errno 111|Connection refused/, 'refused'],
  // After a refused connect Varnish leaves the server alone for a while.
  [/errno 0 |unhealthy|^Director|busy/, 'no-server'],
  [/errno 110|fail errno 11 /, 'connect-timeout'],
  [/fail errno/, 'unreachable'],
  [/first byte timeout/, 'response-timeout'],
  [/between bytes timeout/, 'response-timeout'],
  [/insufficient bytes|chunked|Premature|gzip/i, 'cut'],
  [/HTC (?:eof|error|idle)|read error|Connection reset|EOF/, 'closed'],
  [/header|Invalid|overflow/i, 'bad-response'],
]

/** varnishncsa's log of requests to servers. */
export const varnishLog = (): LogReader => ({
  kind: 'varnish',
  name: 'varnishncsa -b',
  zoned: true,
  read(text): LineReading {
    const found = line.exec(text)
    if (!found) return 'bad'
    const [, start = '', end = '', request = '', code, open = '', error = ''] = found
    const status = statusOf(code)
    if (error === '-' && status < 500) return 'ok'
    const symptom =
      error === '-' ? 'answered' : (words.find(([pattern]) => pattern.test(error))?.[1] ?? 'unclear')
    const [, host, port, , own] = /^\d+ \S+ (\S+) (\d+) (\S+) (\d+)/.exec(open) ?? []
    // Without an error's time the failure came at some time within the response.
    const time = Number(end === '-' ? start : end) * 1_000
    return failureAt(time, end === '-' ? 60_000 : 1, {
      symptom,
      status,
      request: requestOf(request),
      port: symptom === 'refused' ? 0 : portOf(own),
      target: host === undefined ? '' : `${host}:${port}`,
    })
  },
})
