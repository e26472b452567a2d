import type { Goaway, ProbeReport } from '../../probe/report.ts'
import { count, duration, printable } from '../../words.ts'

/** The rows for HTTP/2 alone. */
export function http2Rows({ ping, maxConcurrentStreams }: ProbeReport): [string, string][] {
  const most = maxConcurrentStreams === null ? 'no limit' : count(maxConcurrentStreams, 'request')
  return [
    ['PING', ping ? pingText(ping) : 'not measured'],
    // Read in the same step.
    ['at once', ping ? most : 'not measured'],
  ]
}

/** `GOAWAY (last stream 1, NO_ERROR)`. */
export function goawayText({ lastStreamId, errorCode, debug, count }: Goaway): string {
  const steps = count > 1 ? `, the last of ${count}` : ''
  const words = debug === null ? '' : `, "${printable(debug)}"`
  return `GOAWAY (last stream ${lastStreamId}, ${errorCode}${words}${steps})`
}

function pingText({ answered, ms, restartsIdleTimeout }: NonNullable<ProbeReport['ping']>): string {
  if (!answered) return 'not answered'
  const effect =
    restartsIdleTimeout === null
      ? ''
      : restartsIdleTimeout
        ? ', restarts the idle timeout'
        : ', does not restart the idle timeout'
  return `answered in ${duration(ms ?? 0)}${effect}`
}
