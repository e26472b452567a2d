import { expect, it } from 'vitest'
import {
  executedOtherwise,
  Http2Cluster,
  type Load,
  loadPolicies,
  loadTotal,
  runClient,
} from '../support/http2-load.ts'
import { nginx, startHaproxy } from '../support/proxies.ts'

/** A proxy that speaks HTTP/2 to the server; its clients speak HTTP/1.1. */
interface Proxy {
  readonly start: (port: number) => Promise<{ readonly port: number }>
  readonly goaway?: 'exact' | 'lossless'
  /** Whether it sends again what a GOAWAY refuses. */
  readonly retries: boolean
  /** Requests, in shares of the total. */
  readonly share?: number
}

/**
 * nginx sends a request again only if it is told so (`grpc_next_upstream invalid_header`); 1.22 then sends some again that were
 * answered, and acknowledges SETTINGS twice, which Node takes for an error.
 */
const nginxInFront = (port: number): Promise<{ readonly port: number }> =>
  nginx(
    (front) => `access_log off;
  keepalive_requests 1000000;
  upstream app { server 127.0.0.1:${port}; keepalive 16; }
  server { listen 127.0.0.1:${front}; location / { grpc_pass grpc://app; } }`,
  )

const proxies: Readonly<Record<string, Proxy>> = {
  'nginx grpc_pass': { start: nginxInFront, retries: false },
  "nginx grpc_pass, goaway: 'lossless'": { start: nginxInFront, goaway: 'lossless', retries: true },
  'HAProxy with retry-on': {
    start: (port) =>
      startHaproxy(`  retry-on all-retryable-errors
  retries 10
  server s 127.0.0.1:${port} proto h2`),
    retries: true,
  },
  'HAProxy without retry-on': {
    start: (port) => startHaproxy(`  server s 127.0.0.1:${port} proto h2`),
    retries: false,
  },
  "HAProxy without retry-on, goaway: 'lossless'": {
    start: (port) => startHaproxy(`  server s 127.0.0.1:${port} proto h2`),
    goaway: 'lossless',
    retries: true,
    // 32,000 in all.
    share: 1.6,
  },
}

const cases = Object.keys(proxies).flatMap((proxy) =>
  Object.keys(loadPolicies).map((policy) => [proxy, policy] as const),
)

it.each(cases)(
  'behind %s, %s, drains in turn: no request is executed twice, none is lost that may be sent again',
  { timeout: 300_000 },
  async (name, policy) => {
    const { start, goaway = 'exact', retries, share = 1 } = proxies[name]!
    const cluster = await Http2Cluster.start({ options: { ...loadPolicies[policy], goaway }, slow: true })
    const proxy = await start(cluster.port)
    cluster.rotate()
    const load = await runClient('node:http', proxy.port, cluster.drained(), undefined, share)
    const { executed, reports, crashes } = await cluster.finish()
    console.log(
      `${name}, ${policy}: ${load.answered} of ${load.sent} answered, ${executed.length} executed, ${reports.length} drains`,
      reasons(load),
    )
    expect(crashes).toEqual([])
    expect(load.sent).toBeGreaterThanOrEqual(loadTotal * share)
    if (retries) expect(reasons(load)).toEqual({})
    // One that failed was refused, so it can be sent again by the proxy's own client.
    const unexecuted = new Map(load.failed.map(([id]) => [id, 0]))
    expect(executedOtherwise(executed, load.sent)).toEqual(unexecuted)
  },
)

function reasons({ failed }: Load): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [, why] of failed) counts[why] = (counts[why] ?? 0) + 1
  return counts
}
