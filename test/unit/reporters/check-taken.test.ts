import * as api from '@opentelemetry/api'
import * as client from 'prom-client'
import { expect, test } from 'vitest'
import { keepAlive } from '../../../src/keep-alive.ts'
import { trackOutgoing } from '../../../src/outgoing.ts'
import { observeMetrics, observeOutgoing } from '../../../src/reporters/opentelemetry.ts'
import { collectMetrics, collectOutgoing } from '../../../src/reporters/prometheus.ts'

const kit = keepAlive()
const koa = { keepAlive: kit }
const outgoing = trackOutgoing()
const { register } = client
const { metrics } = api

const first = (what: string): string => `takes ${what} as its first argument`
const second = (what: string): string => `takes ${what} as its second argument`
const registry = second('a registry of prom-client')
const meters = second('metrics of @opentelemetry/api')

test.each([
  [collectMetrics, [register, kit], first('the result of keepAlive()'), 'Swap the two arguments: '],
  [collectMetrics, [kit, client], registry, 'Pass its register, as in '],
  [collectMetrics, [kit], registry, 'Write collectMetrics(connections, register)'],
  [collectMetrics, [koa, register], first('the result of keepAlive()'), 'Pass its keepAlive, as in '],
  [collectMetrics, [], first('the result of keepAlive()'), 'Write collectMetrics(connections, register)'],
  [collectOutgoing, [register, outgoing], first('the result of trackOutgoing()'), 'Swap the two arguments'],
  [collectOutgoing, [outgoing, client], registry, 'Pass its register, as in '],
  [observeMetrics, [kit], meters, 'Write observeMetrics(connections, metrics)'],
  [observeMetrics, [kit, api], meters, 'Pass its metrics, as in '],
  [observeMetrics, [metrics, kit], first('the result of keepAlive()'), 'Swap the two arguments'],
  [observeOutgoing, [outgoing, null], meters, 'Write observeOutgoing(outgoing, metrics)'],
  [observeOutgoing, [outgoing, api], meters, 'Pass its metrics, as in '],
])('%o of wrong arguments %# says what to pass', (report, args, rule, remedy) => {
  expect(() => (report as (...given: unknown[]) => unknown)(...args)).toThrow(
    expect.objectContaining({
      code: 'ERR_KEEPALIVE_OPTION_TYPE',
      message: expect.stringContaining(`${report.name}() ${rule}, got `),
      remedy: expect.stringContaining(remedy),
    }),
  )
})
