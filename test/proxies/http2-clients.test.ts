import { spawn } from 'node:child_process'
import { expect, it } from 'vitest'
import { executedOtherwise, Http2Cluster, loadPolicies, loadTotal, runClient } from '../support/http2-load.ts'
import { certificateFiles } from '../support/http2-proxies.ts'
import { modernNode } from '../support/modern-node.ts'

/** A client of http2-clients.mjs. */
interface Client {
  readonly name: string
  readonly tls?: boolean
  /**
   * undici 8.13 sends a request again whose answer is under way when a GOAWAY comes, though its stream is one that the GOAWAY
   * does not refuse; over TLS it gives up answers that have arrived with the FIN. It does so beside plain Node too.
   */
  readonly onlyQuickAnswers?: boolean
  readonly node?: () => string
}

const clients: readonly Client[] = [
  { name: 'grpc-js' },
  { name: 'undici, h2c', onlyQuickAnswers: true, node: modernNode },
  { name: 'node:http2' },
  { name: 'node:http2, TLS', tls: true },
]

const cases = clients.flatMap((client) => Object.keys(loadPolicies).map((policy) => ({ ...client, policy })))

it.each(cases)(
  '$name, $policy, drains in turn: every request is executed once, and answered',
  { timeout: 300_000 },
  async ({ name, policy, tls = false, onlyQuickAnswers = false, node }) => {
    const cluster = await Http2Cluster.start({
      options: loadPolicies[policy]!,
      slow: !onlyQuickAnswers,
      tls: tls ? await certificateFiles() : undefined,
    })
    cluster.rotate()
    const load = await runClient(name, cluster.port, cluster.drained(), node?.())
    const { executed, reports, crashes } = await cluster.finish()
    console.log(
      `${name}, ${policy}: ${load.answered} of ${load.sent} answered, ${executed.length} executed, ${reports.length} drains`,
    )
    expect(crashes).toEqual([])
    expect(load.failed).toEqual([])
    expect(load.sent).toBeGreaterThanOrEqual(loadTotal)
    expect(executedOtherwise(executed, load.sent)).toEqual(new Map())
  },
)

/** Runs h2load. @returns how many requests succeeded. */
async function h2load(port: number, args: readonly string[]): Promise<number> {
  const child = spawn('h2load', [...args, `http://127.0.0.1:${port}/1`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let out = ''
  for await (const chunk of child.stdout) out += chunk
  return Number(/, (\d+) succeeded,/.exec(out)?.[1])
}

// h2load opens no further connection after a GOAWAY, and sends nothing again: what it does not get answered it counts as failed.
it.each([
  // 20 requests each: a GOAWAY comes with the last one.
  ['maxRequests 20', { maxRequests: 20, jitter: 0 }, 20, 20],
  ['maxRequests 20, and more', { maxRequests: 20, jitter: 0 }, 30, 20],
  ['maxAge 500 ms', { maxAge: 500 }, 80, undefined],
] as const)(
  'h2load, %s: what is executed is answered',
  { timeout: 300_000 },
  async (policy, options, each, capped) => {
    const cluster = await Http2Cluster.start({ options, slow: true })
    const connections = Math.round(loadTotal / 20)
    const rps = capped === undefined ? ['--rps', '80'] : []
    const succeeded = await h2load(cluster.port, [
      ...['-n', String(each * connections), '-c', String(connections), '-m', '8', ...rps],
    ])
    const { executed, crashes } = await cluster.finish()
    console.log(
      `h2load, ${policy}: ${succeeded} of ${each * connections} answered, ${executed.length} executed`,
    )
    expect(crashes).toEqual([])
    expect(succeeded).toBe(executed.length)
    if (capped !== undefined) expect(succeeded).toBe(capped * connections)
    else expect(succeeded).toBeGreaterThan(connections)
  },
)
