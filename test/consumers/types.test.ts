import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { Consumer } from './consumer.ts'

/** Names what every way in gives, so that its declaration must be written; and shows what must not compile. */
const source = `
import { createServer } from 'node:http'
import { connectionOf, keepAlive, KeepAliveError, mergeSnapshots, timelineLines, type Policy } from 'keepalive-kit'
import { advise } from 'keepalive-kit/advisor'
import { dashboard } from 'keepalive-kit/dashboard'
import { keepAlive as forFastify } from 'keepalive-kit/fastify'
import { keepAlive as forKoa } from 'keepalive-kit/koa'
import { registerTokens } from 'keepalive-kit/morgan'
import { observeMetrics, observeOutgoing } from 'keepalive-kit/opentelemetry'
import { mergeOutgoing, registeredOutgoing, trackOutgoing } from 'keepalive-kit/outgoing'
import { connectionProps, withOutcome } from 'keepalive-kit/pino'
import { collectMetrics, collectOutgoing } from 'keepalive-kit/prometheus'

const limits = { scalingThreshold: 1_000, saturationThreshold: 2_000, minTimeout: 5_000 }
export const connections = keepAlive({ behind: 'aws-alb', reduceTimeouts: limits, log: 'json' })
connections.attach(createServer((req, res) => res.end(String(connectionOf(req)?.requests))))
export const policy: Policy = connections.policy
export const { behind, reduceTimeouts, silence } = connections.policy
export const [proxy] = behind
export const layer = proxy?.layer
export const snapshot = mergeSnapshots([connections.snapshot()])
export const { clients, histograms, idleGroups, windows, returns } = snapshot
export const { idleGap } = histograms
export const findings = connections.diagnose()
export const evidence = findings[0]?.evidence
export const lines = timelineLines(connections.timeline(1) ?? [])
export const info = connections.connections()[0]
export const drained = connections.drain({ timeout: 1_000 })
export const advice = advise(connections.snapshot())
export const { curve, warnings } = advice
export const page = dashboard(connections, { path: '/keepalive' })
export const { koa, fastify } = page
export const plugin = forFastify(connections)
export const middleware = forKoa({ behind: 'aws-alb' })
export const ofMiddleware = middleware.keepAlive
export const reporters = { registerTokens, observeMetrics, connectionProps, withOutcome, collectMetrics }
export const outgoing = trackOutgoing({ origins: 10 })
export const { origins } = mergeOutgoing([outgoing.snapshot()])
export const outgoingParts = { observeOutgoing, collectOutgoing, registeredOutgoing, found: outgoing.diagnose() }
export const codeOf = (error: unknown) => (error instanceof KeepAliveError ? error.code : undefined)
// @ts-expect-error: no such option
keepAlive({ keepaliveTimeout: 1 })
// @ts-expect-error: no such proxy
keepAlive({ behind: 'aws-abl' })
`

interface Setting {
  readonly module: string
  readonly moduleResolution: string
  readonly file: string
}

const classic: Setting = { module: 'commonjs', moduleResolution: 'node10', file: 'app.ts' }
const node16: Setting = { module: 'node16', moduleResolution: 'node16', file: 'app.cts' }
const nodenext: Setting = { module: 'nodenext', moduleResolution: 'nodenext', file: 'app.mts' }
const bundler: Setting = { module: 'esnext', moduleResolution: 'bundler', file: 'app.ts' }

const compilers: readonly [name: string, version: string, settings: readonly Setting[]][] = [
  ['typescript-5.4', '5.4', [classic, node16, nodenext, bundler]],
  ['typescript', '5.9', [classic, node16, nodenext, bundler]],
  // From 6 on node10 needs a word, and 7 has it no more.
  ['typescript-6.0', '6.0', [classic, node16, nodenext, bundler]],
  ['typescript-7.0', '7.0', [node16, nodenext, bundler]],
]

const cases = compilers.flatMap(([compiler, version, settings]) =>
  settings.map(
    ({ module, moduleResolution, file }) => [version, module, moduleResolution, file, compiler] as const,
  ),
)

describe('a project compiles, with declarations of its own', () => {
  test.each(cases)(
    'TypeScript %s, module %s, moduleResolution %s, %s',
    async (version, module, moduleResolution, file, compiler) => {
      const isOld = version === '6.0' && moduleResolution === 'node10'
      const compilerOptions = {
        ...{
          module,
          moduleResolution,
          target: 'es2022',
          esModuleInterop: true,
          lib: ['es2023'],
          types: ['node'],
          strict: true,
        },
        ...{ declaration: true, skipLibCheck: false, outDir: 'out' },
        ...(isOld && { ignoreDeprecations: '6.0' }),
      }
      const consumer = new Consumer({
        [file]: source,
        'tsconfig.json': JSON.stringify({ compilerOptions, files: [file] }),
        'package.json': '{}',
      })
      const tsc = join(inject('consumers'), 'node_modules', compiler, 'bin/tsc')
      const { code, output } = await consumer.node([tsc, '-p', '.'])
      expect(code, output).toBe(0)
    },
  )
})
