import { type DangerZone, dangerZoneOf } from '../../doctor/traffic/danger-zone.ts'
import { trafficOf } from '../../doctor/traffic/traffic.ts'
import type { Policy } from '../../policy/policy.ts'
import { binOf, boundOf, lowerBound } from '../../stats/histogram.ts'
import type { Histogram, Snapshot, Summary } from '../../stats/snapshot.ts'
import { count, duration, number, percent, roughly } from '../../words.ts'
import { compact } from './format.ts'
import { type ChartSpec, type Mark, rootSteps, type Tick } from './spec.ts'

/** Where the axis writes a time, in ms. */
const written = [
  1, 3, 10, 30, 100, 300, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 120_000, 300_000, 900_000, 3_600_000,
  7_200_000,
]

/** Where a time is on the axis, in bins: a bin's lower bound is at its number. */
export function placeOf(ms: number): number {
  return ms < 1 ? ms : 1 + 4 * Math.log2(ms)
}

/** The idle gaps, and the timeouts that end them. */
export function gapsChart(summary: Summary, policy: Policy): ChartSpec {
  const { reused, clientClosed, cutOff } = summary.histograms.idleGap
  const traffic = trafficOf(summary as Snapshot, policy)
  const { keepAliveTimeout: advertised, peers, proxy } = traffic
  const buffer = summary.timeouts.keepAliveTimeoutBuffer ?? 0
  const marks: Mark[] = []
  if (Number.isFinite(advertised)) {
    marks.push({
      at: placeOf(advertised),
      label: `advertised ${duration(advertised)}`,
      colour: 'ink',
      dashed: true,
    })
    marks.push({
      at: placeOf(advertised + buffer),
      label: `our timeout ${duration(advertised + buffer)}`,
      colour: 'server',
    })
  }
  for (const peer of peers)
    marks.push({
      at: placeOf(peer.timeout),
      label: `peers close at ${roughly(peer.timeout)}`,
      colour: 'client',
    })
  if (peers.length === 0 && proxy?.idleTimeout)
    marks.push({
      at: placeOf(proxy.idleTimeout),
      label: `${proxy.id} closes at ${duration(proxy.idleTimeout)}`,
      colour: 'client',
      dashed: true,
    })
  marks.sort((a, b) => a.at - b.at)

  const zone = dangerZoneOf(traffic)
  const length = Math.max(reused.bins.length, clientClosed.bins.length, cutOff.bins.length)
  const last = Math.max(length, ...marks.map(({ at }) => Math.ceil(at) + 2), binOf(8_000))
  const first = Math.min(firstOf(reused), firstOf(clientClosed), firstOf(cutOff), binOf(64))
  const bins = Array.from({ length: last - first }, (_, i) => first + i)
  const of = ({ bins: counts }: Histogram): number[] => bins.map((bin) => counts[bin] ?? 0)
  const heights = bins.map((_, i) => of(reused)[i]! + of(clientClosed)[i]! + of(cutOff)[i]!)
  const all = reused.count + clientClosed.count + cutOff.count
  const most = Math.max(0, ...heights)
  const ticks = rootSteps(most, compact)
  const range = (bin: number): string =>
    bin === 0
      ? 'below 1 ms'
      : `${duration(lowerBound(bin))} to ${duration(Math.min(boundOf(bin), 8_388_608))}`
  return {
    title: 'Idle gaps',
    summary:
      all === 0
        ? 'No idle gap has ended yet. How long connections wait for their next request appears here.'
        : `${count(all, 'gap')}: ${percent(reused.count / all)} ended by the next request, ${percent(clientClosed.count / all)} by the client, ${percent(cutOff.count / all)} cut off by the server.${zone ? inWords(zone) : ''}`,
    x: {
      title: 'idle time (logarithmic)',
      min: first,
      max: last,
      ticks: written
        .map((ms): Tick => ({ at: placeOf(ms), label: duration(ms) }))
        .filter(({ at }) => at >= first && at <= last),
    },
    y: {
      title: 'idle gaps (square roots)',
      min: 0,
      max: Math.max(most * 1.1, 4),
      ticks: ticks.filter(({ at }) => at <= Math.max(most * 1.1, 4)),
      scale: 'root',
    },
    xs: bins.map((bin) => bin + 0.5),
    series: [
      { label: 'ended by the next request', colour: 'reused', kind: 'bar', values: of(reused) },
      { label: 'closed by the client', colour: 'client', kind: 'bar', values: of(clientClosed) },
      { label: 'cut off by the server', colour: 'server', kind: 'bar', values: of(cutOff) },
    ],
    marks,
    zone: zone && {
      from: placeOf(zone.from),
      to: placeOf(zone.to),
      label: zone.isNearMiss
        ? 'near miss: only the buffer keeps the server from closing first'
        : 'danger zone: the peer still sends, the server may close',
    },
    read: (i) =>
      `Idle for ${range(bins[i]!)}: ${number(of(reused)[i]!)} ended by the next request, ${number(of(clientClosed)[i]!)} closed by the client, ${number(of(cutOff)[i]!)} cut off.`,
    table: {
      head: ['Idle for', 'Ended by the next request', 'Closed by the client', 'Cut off by the server'],
      rows: bins.flatMap((bin, i) =>
        heights[i] === 0
          ? []
          : [[range(bin), number(of(reused)[i]!), number(of(clientClosed)[i]!), number(of(cutOff)[i]!)]],
      ),
    },
  }
}

function inWords({ isNearMiss, from, to, inside, gaps }: DangerZone): string {
  const share = percent(gaps === 0 ? 0 : inside / gaps)
  const name = isNearMiss ? 'are near misses' : 'lie in the danger zone'
  return ` ${share} ${name}, from ${duration(from)} to ${roughly(to)}.`
}

function firstOf({ bins }: Histogram): number {
  const first = bins.findIndex((count) => count > 0)
  return first < 0 ? Number.POSITIVE_INFINITY : first
}
