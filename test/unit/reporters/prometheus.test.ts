import { AggregatorRegistry, Gauge, type OpenMetricsContentType, Registry, register } from 'prom-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { closeReasons } from '../../../src/reasons.ts'
import { collectMetrics } from '../../../src/reporters/prometheus.ts'
import type { Snapshot } from '../../../src/stats/snapshot.ts'
import { countsOf } from '../../support/histogram.ts'
import { snapshotOf } from '../../support/snapshots.ts'

const busy = snapshotOf({
  connections: {
    ...{ opened: 12, closed: 5, released: 1, open: 6 },
    states: { active: 2, idle: 4 },
    reasons: { 'idle-timeout': 3, 'client-idle': 2 },
    closedBy: { server: 3, client: 2 },
  },
  requests: {
    ...{ total: 40, answered: 39, reused: 28, refused: 1 },
    ...{ dropped: 2, late: 3, lateAfterClose: 1, nearMisses: 4 },
  },
  histograms: {
    idleGap: {
      reused: countsOf(3, 5, 40_000),
      clientClosed: countsOf(60_000),
      cutOff: countsOf(66_000, 600_000),
    },
    age: countsOf(100, 70_000),
    requestsPerConnection: countsOf(0, 1, 1, 2, 1000),
    firstRequest: countsOf(0.5, 1.5),
    tlsHandshake: countsOf(12),
  },
})

const collected = (snapshot: Snapshot, registry: Registry = new Registry()): Registry =>
  collectMetrics({ snapshot: () => snapshot }, registry)

/** The lines of some metrics of an exposition. */
const linesOf = (text: string, ...names: readonly string[]): string =>
  text
    .split('\n')
    .filter((line) => names.some((name) => new RegExp(`^(# \\w+ )?keepalive_${name}\\b`).test(line)))
    .join('\n')

describe('the text', () => {
  it('has counters', async () => {
    const text = await collected(busy).metrics()
    expect(
      linesOf(text, 'connections_(opened|closed_by|released)_total', 'requests_\\w*total', 'near\\w+'),
    ).toMatchInlineSnapshot(`
      "# HELP keepalive_connections_opened_total Connections accepted.
      # TYPE keepalive_connections_opened_total counter
      keepalive_connections_opened_total 12
      # HELP keepalive_connections_closed_by_total Connections closed, by who closed: server, client or network.
      # TYPE keepalive_connections_closed_by_total counter
      keepalive_connections_closed_by_total{closed_by="server"} 3
      keepalive_connections_closed_by_total{closed_by="client"} 2
      keepalive_connections_closed_by_total{closed_by="network"} 0
      # HELP keepalive_connections_released_total Connections left to Node by detach() while open.
      # TYPE keepalive_connections_released_total counter
      keepalive_connections_released_total 1
      # HELP keepalive_requests_total Requests handed to the app.
      # TYPE keepalive_requests_total counter
      keepalive_requests_total 40
      # HELP keepalive_requests_answered_total Requests answered whole.
      # TYPE keepalive_requests_answered_total counter
      keepalive_requests_answered_total 39
      # HELP keepalive_requests_reused_total Requests that were not the first on their connection.
      # TYPE keepalive_requests_reused_total counter
      keepalive_requests_reused_total 28
      # HELP keepalive_requests_refused_total Requests answered by Node with an error (400, 408, 431) or behind our GOAWAY, never seen by the app.
      # TYPE keepalive_requests_refused_total counter
      keepalive_requests_refused_total 1
      # HELP keepalive_requests_refused_retryable_total Refused requests that came by HTTP/2 behind our GOAWAY: their clients may send them again.
      # TYPE keepalive_requests_refused_retryable_total counter
      keepalive_requests_refused_retryable_total 0
      # HELP keepalive_requests_concurrent_total Requests by HTTP/2 that came while others of their session were under way.
      # TYPE keepalive_requests_concurrent_total counter
      keepalive_requests_concurrent_total 0
      # HELP keepalive_requests_dropped_total Requests pipelined behind a closing response, not executed.
      # TYPE keepalive_requests_dropped_total counter
      keepalive_requests_dropped_total 2
      # HELP keepalive_requests_late_total Requests that arrived after our FIN, not executed.
      # TYPE keepalive_requests_late_total counter
      keepalive_requests_late_total 3
      # HELP keepalive_requests_late_after_close_total Late requests on a connection whose last response had said Connection: close.
      # TYPE keepalive_requests_late_after_close_total counter
      keepalive_requests_late_after_close_total 1
      # HELP keepalive_near_misses_total Reuses after an idle gap longer than the timeout advertised.
      # TYPE keepalive_near_misses_total counter
      keepalive_near_misses_total 4"
    `)
  })

  it('has every close reason from the start, so that a rate misses none', async () => {
    const text = await collected(snapshotOf()).metrics()
    for (const reason of closeReasons)
      expect(text).toContain(`\nkeepalive_connections_closed_total{reason="${reason}"} 0\n`)
  })

  it('has gauges, the times in seconds', async () => {
    const text = await collected(busy).metrics()
    expect(linesOf(text, 'connections_open', '\\w*timeout\\w*_seconds')).toMatchInlineSnapshot(`
      "# HELP keepalive_connections_open Connections open now, by state.
      # TYPE keepalive_connections_open gauge
      keepalive_connections_open{state="new"} 0
      keepalive_connections_open{state="active"} 2
      keepalive_connections_open{state="idle"} 4
      keepalive_connections_open{state="closing"} 0
      keepalive_connections_open{state="upgraded"} 0
      # HELP keepalive_advertised_timeout_seconds Idle timeout advertised to clients.
      # TYPE keepalive_advertised_timeout_seconds gauge
      keepalive_advertised_timeout_seconds 65
      # HELP keepalive_timeout_buffer_seconds Time that an idle connection is kept beyond the timeout advertised.
      # TYPE keepalive_timeout_buffer_seconds gauge
      keepalive_timeout_buffer_seconds 1"
    `)
  })

  it('has the idle gaps by outcome', async () => {
    const text = await collected(busy).metrics()
    expect(linesOf(text, 'idle_gap_seconds(_\\w+)?')).toMatchInlineSnapshot(`
      "# HELP keepalive_idle_gap_seconds Idle gaps, by how they ended: reused, client-closed, cut-off.
      # TYPE keepalive_idle_gap_seconds histogram
      keepalive_idle_gap_seconds_bucket{le="0.004",outcome="reused"} 1
      keepalive_idle_gap_seconds_bucket{le="0.008",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="0.016",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="0.032",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="0.064",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="0.128",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="0.256",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="0.512",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="1.024",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="2.048",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="4.096",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="8.192",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="16.384",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="32.768",outcome="reused"} 2
      keepalive_idle_gap_seconds_bucket{le="65.536",outcome="reused"} 3
      keepalive_idle_gap_seconds_bucket{le="131.072",outcome="reused"} 3
      keepalive_idle_gap_seconds_bucket{le="262.144",outcome="reused"} 3
      keepalive_idle_gap_seconds_bucket{le="524.288",outcome="reused"} 3
      keepalive_idle_gap_seconds_bucket{le="1048.576",outcome="reused"} 3
      keepalive_idle_gap_seconds_bucket{le="+Inf",outcome="reused"} 3
      keepalive_idle_gap_seconds_sum{outcome="reused"} 40.008
      keepalive_idle_gap_seconds_count{outcome="reused"} 3
      keepalive_idle_gap_seconds_bucket{le="0.004",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="0.008",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="0.016",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="0.032",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="0.064",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="0.128",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="0.256",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="0.512",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="1.024",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="2.048",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="4.096",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="8.192",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="16.384",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="32.768",outcome="client-closed"} 0
      keepalive_idle_gap_seconds_bucket{le="65.536",outcome="client-closed"} 1
      keepalive_idle_gap_seconds_bucket{le="131.072",outcome="client-closed"} 1
      keepalive_idle_gap_seconds_bucket{le="262.144",outcome="client-closed"} 1
      keepalive_idle_gap_seconds_bucket{le="524.288",outcome="client-closed"} 1
      keepalive_idle_gap_seconds_bucket{le="1048.576",outcome="client-closed"} 1
      keepalive_idle_gap_seconds_bucket{le="+Inf",outcome="client-closed"} 1
      keepalive_idle_gap_seconds_sum{outcome="client-closed"} 60
      keepalive_idle_gap_seconds_count{outcome="client-closed"} 1
      keepalive_idle_gap_seconds_bucket{le="0.004",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="0.008",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="0.016",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="0.032",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="0.064",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="0.128",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="0.256",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="0.512",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="1.024",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="2.048",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="4.096",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="8.192",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="16.384",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="32.768",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="65.536",outcome="cut-off"} 0
      keepalive_idle_gap_seconds_bucket{le="131.072",outcome="cut-off"} 1
      keepalive_idle_gap_seconds_bucket{le="262.144",outcome="cut-off"} 1
      keepalive_idle_gap_seconds_bucket{le="524.288",outcome="cut-off"} 1
      keepalive_idle_gap_seconds_bucket{le="1048.576",outcome="cut-off"} 2
      keepalive_idle_gap_seconds_bucket{le="+Inf",outcome="cut-off"} 2
      keepalive_idle_gap_seconds_sum{outcome="cut-off"} 666
      keepalive_idle_gap_seconds_count{outcome="cut-off"} 2"
    `)
  })

  it('has the other histograms', async () => {
    const text = await collected(busy).metrics()
    expect(linesOf(text, 'requests_per_connection(_\\w+)?')).toMatchInlineSnapshot(`
      "# HELP keepalive_requests_per_connection Requests per closed connection.
      # TYPE keepalive_requests_per_connection histogram
      keepalive_requests_per_connection_bucket{le="0"} 1
      keepalive_requests_per_connection_bucket{le="1"} 3
      keepalive_requests_per_connection_bucket{le="3"} 4
      keepalive_requests_per_connection_bucket{le="7"} 4
      keepalive_requests_per_connection_bucket{le="15"} 4
      keepalive_requests_per_connection_bucket{le="31"} 4
      keepalive_requests_per_connection_bucket{le="63"} 4
      keepalive_requests_per_connection_bucket{le="127"} 4
      keepalive_requests_per_connection_bucket{le="255"} 4
      keepalive_requests_per_connection_bucket{le="511"} 4
      keepalive_requests_per_connection_bucket{le="1023"} 5
      keepalive_requests_per_connection_bucket{le="2047"} 5
      keepalive_requests_per_connection_bucket{le="4095"} 5
      keepalive_requests_per_connection_bucket{le="8191"} 5
      keepalive_requests_per_connection_bucket{le="16383"} 5
      keepalive_requests_per_connection_bucket{le="+Inf"} 5
      keepalive_requests_per_connection_sum 1004
      keepalive_requests_per_connection_count 5"
    `)
    const sums = text.split('\n').filter((line) => /_(sum|count) /.test(line))
    expect(sums.join('\n')).toMatchInlineSnapshot(`
      "keepalive_connection_age_seconds_sum 70.1
      keepalive_connection_age_seconds_count 2
      keepalive_requests_per_connection_sum 1004
      keepalive_requests_per_connection_count 5
      keepalive_first_request_seconds_sum 0.002
      keepalive_first_request_seconds_count 2
      keepalive_tls_handshake_seconds_sum 0.012
      keepalive_tls_handshake_seconds_count 1"
    `)
  })

  it('leaves out a timeout in which merged processes differ', async () => {
    const text = await collected(snapshotOf({ timeouts: { keepAliveTimeout: null } })).metrics()
    expect(linesOf(text, 'advertised_timeout_seconds')).toMatchInlineSnapshot(`
      "# HELP keepalive_advertised_timeout_seconds Idle timeout advertised to clients.
      # TYPE keepalive_advertised_timeout_seconds gauge"
    `)
  })

  it('speaks OpenMetrics', async () => {
    const registry = new Registry<OpenMetricsContentType>()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    collectMetrics({ snapshot: () => busy }, registry)
    for (let scrape = 0; scrape < 2; scrape++) {
      const text = await registry.metrics()
      expect(linesOf(text, 'connections_closed_by(_total)?', 'near_misses(_total)?')).toMatchInlineSnapshot(`
        "# HELP keepalive_connections_closed_by Connections closed, by who closed: server, client or network.
        # TYPE keepalive_connections_closed_by counter
        keepalive_connections_closed_by_total{closed_by="server"} 3
        keepalive_connections_closed_by_total{closed_by="client"} 2
        keepalive_connections_closed_by_total{closed_by="network"} 0
        # HELP keepalive_near_misses Reuses after an idle gap longer than the timeout advertised.
        # TYPE keepalive_near_misses counter
        keepalive_near_misses_total 4"
      `)
      expect(text.endsWith('\n# EOF\n')).toBe(true)
    }
  })
})

describe('a registry', () => {
  it('is asked at a scrape only, and its numbers are of one snapshot', async () => {
    let taken = 0
    const registry = new Registry()
    const snapshot = (): Snapshot => snapshotOf({ requests: { total: ++taken, reused: taken } })
    expect(collectMetrics({ snapshot }, registry)).toBe(registry)
    expect(taken).toBe(0)
    for (let scrape = 1; scrape <= 3; scrape++) {
      const text = await registry.metrics()
      expect(taken).toBe(scrape)
      expect(text).toContain(`\nkeepalive_requests_total ${scrape}\n`)
      expect(text).toContain(`\nkeepalive_requests_reused_total ${scrape}\n`)
    }
  })

  it('may be the global one, have labels of its own and other metrics', async () => {
    onTestFinished(() => register.clear())
    register.setDefaultLabels({ pod: 'a' })
    new Gauge({ name: 'other', help: 'Another.' }).set(1)
    const text = await collected(busy, register).metrics()
    expect(text).toContain('\nother{pod="a"} 1\n')
    expect(text).toContain('\nkeepalive_connections_open{state="idle",pod="a"} 4\n')
    expect(text).toContain('\nkeepalive_idle_gap_seconds_bucket{le="4.096",outcome="reused",pod="a"} 2\n')
  })

  it('survives a reset, which the ledger does not notice', async () => {
    const registry = collected(busy)
    registry.resetMetrics()
    expect(await registry.getSingleMetricAsString('keepalive_requests_total')).toMatch(/ 40$/)
  })

  it('can be merged', async () => {
    const merged = Registry.merge([collected(busy), new Registry()])
    expect(await merged.metrics()).toBe(await collected(busy).metrics())
  })

  it('takes a second kit under a prefix', async () => {
    const registry = collected(busy)
    expect(() => collected(busy, registry)).toThrow('already been registered')
    collectMetrics({ snapshot: () => snapshotOf() }, registry, { prefix: 'admin_' })
    const text = await registry.metrics()
    expect(text).toContain('\nkeepalive_requests_total 40\n')
    expect(text).toContain('\nadmin_requests_total 0\n')
  })

  it('tells of its metrics as JSON', async () => {
    const metrics = await collected(busy).getMetricsAsJSON()
    expect(
      metrics.find(({ name }) => name === 'keepalive_connections_closed_by_total'),
    ).toMatchInlineSnapshot(`
      {
        "aggregator": "sum",
        "help": "Connections closed, by who closed: server, client or network.",
        "name": "keepalive_connections_closed_by_total",
        "type": "counter",
        "values": [
          {
            "labels": {
              "closed_by": "server",
            },
            "value": 3,
          },
          {
            "labels": {
              "closed_by": "client",
            },
            "value": 2,
          },
          {
            "labels": {
              "closed_by": "network",
            },
            "value": 0,
          },
        ],
      }
    `)
  })
})

it('is added up by the AggregatorRegistry, timeouts by the smallest', async () => {
  const other = snapshotOf({
    timeouts: { keepAliveTimeout: 30_000 },
    requests: { total: 2 },
    histograms: { idleGap: { reused: countsOf(3, 4) } },
  })
  // As it comes out of the channel between worker and primary.
  const sent = await Promise.all([busy, other].map((snapshot) => collected(snapshot).getMetricsAsJSON()))
  const text = await AggregatorRegistry.aggregate(JSON.parse(JSON.stringify(sent))).metrics()
  expect(text).toContain('\nkeepalive_requests_total 42\n')
  expect(text).toContain('\nkeepalive_advertised_timeout_seconds 30\n')
  expect(text).toContain('\nkeepalive_idle_gap_seconds_bucket{le="0.004",outcome="reused"} 2\n')
  expect(text).toContain('\nkeepalive_idle_gap_seconds_count{outcome="reused"} 5\n')
})

describe('the prefix', () => {
  it.each([
    [{ prefix: 7 }, 'ERR_KEEPALIVE_OPTION_TYPE'],
    [{ prefix: '1_' }, 'ERR_KEEPALIVE_OPTION_RANGE'],
    [{ prefix: 'a-' }, 'ERR_KEEPALIVE_OPTION_RANGE'],
    [{ perfix: 'a_' }, 'ERR_KEEPALIVE_UNKNOWN_OPTION'],
    ['a_', 'ERR_KEEPALIVE_OPTION_TYPE'],
  ])('%o is rejected with %s', (options, code) => {
    const registry = new Registry()
    expect(() => collectMetrics({ snapshot: () => busy }, registry, options as object)).toThrow(
      expect.objectContaining({ code }),
    )
    expect(registry.getMetricsAsArray()).toEqual([])
  })

  it('may be empty', async () => {
    const registry = new Registry()
    collectMetrics({ snapshot: () => busy }, registry, { prefix: '' })
    expect(await registry.getSingleMetricAsString('near_misses_total')).toMatch(/ 4$/)
  })
})
