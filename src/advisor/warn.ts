import { followsHint, inferTimeouts } from '../stats/infer-timeout.ts'
import type { Histogram } from '../stats/snapshot.ts'
import { duration, number, percent } from '../words.ts'
import type { AdviceWarning, Observed } from './advice.ts'
import type { Estimator } from './estimate.ts'
import type { Rotation } from './pool-order.ts'

/** What warnings look at. */
export interface Circumstances {
  readonly observed: Observed
  readonly estimator: Estimator
  /** In ms. */
  readonly recommended: number | null
  /** Gaps that clients ended, with the sums and squares that tell a timer from a crowd. */
  readonly clientClosed: Histogram | undefined
  /** Pools that do not take the connection used last. */
  readonly rotation: Rotation | undefined
  readonly closesUnseen: boolean
  /** By how much each idle gap may be wrong, as times are rounded, in ms. */
  readonly gapError: number
  /** A budget that needs rates was given. */
  readonly wantsRates: boolean
}

/** Fewer intervals give an advice, but a rough one. */
const few = 1_000

/** Observed for fewer times its length, a timeout is known from the quick ones alone. */
const leastTimes = 5

/** Times to a millisecond are as good as any: no timeout is shorter than seconds. In ms. */
const usualGapError = 2

export function warningsOf(circumstances: Circumstances): AdviceWarning[] {
  return [
    ...ofQuantity(circumstances),
    ...ofTheEnd(circumstances),
    ...ofClients(circumstances),
    ...ofPools(circumstances),
    ...ofSource(circumstances),
    ...ofDependence(circumstances),
  ]
}

function ofQuantity({ observed }: Circumstances): AdviceWarning[] {
  const { total } = observed.intervals
  if (total >= few) return []
  const message = `Only ${number(total)} idle intervals were seen: see how far apart reuseLow and reuseHigh are`
  return [{ code: 'too-few-intervals', message }]
}

function ofTheEnd({ observed, estimator }: Circumstances): AdviceWarning[] {
  const { duration: watched, horizon, keepAliveTimeoutBuffer: buffer } = observed
  const warnings: AdviceWarning[] = []
  if (horizon <= 0) return warnings
  if (watched !== null && watched < leastTimes * (horizon + buffer)) {
    const message = `Watched for ${duration(watched)}, less than ${leastTimes} times the longest wait (${duration(horizon)}): long waits have hardly had the time to end`
    warnings.push({ code: 'short-observation', message })
  }
  const [half, end] = [estimator.at(estimator.horizon / 2), estimator.at(estimator.horizon)]
  if (end.reuse - half.reuse >= 0.02 && end.waiting >= 0.02) {
    const message = `${percent(end.reuse - half.reuse)} of the idle intervals ended in reuse in the second half of ${duration(horizon)}, and ${percent(end.waiting)} were still waiting at its end: a longer timeout may bring more, how much was not watched`
    warnings.push({ code: 'still-rising', message })
  }
  return warnings
}

function ofClients({ observed, clientClosed, recommended }: Circumstances): AdviceWarning[] {
  const { keepAliveTimeout, keepAliveTimeoutBuffer } = observed
  const kept = keepAliveTimeout ? keepAliveTimeout + keepAliveTimeoutBuffer : undefined
  if (clientClosed === undefined) return []
  return inferTimeouts(clientClosed, kept).flatMap((peer): AdviceWarning[] => {
    const { timeout, count: gaps, of } = peer
    const share = `${percent(gaps / of)} of the idle gaps that clients ended were ended about ${duration(timeout)} after the response`
    if (keepAliveTimeout && followsHint(peer, keepAliveTimeout))
      return [
        {
          code: 'clients-follow',
          message: `${share}, just before the timeout in force: those clients obey the Keep-Alive header, and will follow another timeout: for a shorter one the curve promises too much`,
        },
      ]
    if (recommended !== null && recommended > timeout) return []
    return [
      {
        code: 'client-timeout',
        message: `${share}: an idle timeout of their own. A server that closes before them loses requests that are on their way; constraints.proxyIdleTimeout keeps the advice above it`,
      },
    ]
  })
}

function ofPools({ rotation }: Circumstances): AdviceWarning[] {
  if (!rotation) return []
  const { idle, clients } = rotation
  const who = clients === 1 ? 'One client has' : `${number(clients)} clients have`
  const message = `${who} ${number(idle)} idle connections on average, and all idle gaps are alike: the pool takes the connection that was idle longest, or any, not the one used last. Under a shorter timeout such a pool keeps fewer connections, and the gaps get shorter: reuse of a shorter timeout is a lower bound, new connections are an upper bound`
  return [{ code: 'pool-rotates', message }]
}

function ofSource({ observed, closesUnseen, gapError, wantsRates }: Circumstances): AdviceWarning[] {
  const warnings: AdviceWarning[] = []
  if (observed.keepAliveTimeout === null && observed.intervals.total > 0) {
    const message =
      'The timeout in force is not known, or was not the same everywhere: each wait was cut off where it was'
    warnings.push({ code: 'timeout-varied', message })
  }
  if (observed.duration === null) {
    const budgets = wantsRates ? '. The idle budget could not be looked at' : ''
    warnings.push({
      code: 'no-rates',
      message: `It is not known for how long the traffic was watched: there is reuse, but no connections, memory or rates${budgets}`,
    })
  }
  if (closesUnseen) {
    const message =
      'The source does not show when clients close: each connection without another request counts as idle until the timeout, so idle connections and memory are upper bounds'
    warnings.push({ code: 'closes-unseen', message })
  }
  if (gapError > usualGapError) {
    const message = `The source rounds its times: each idle gap may be wrong by up to ${duration(gapError)}, and reuse at timeouts below ${duration(3 * gapError)} says little`
    warnings.push({ code: 'times-rounded', message })
  }
  return warnings
}

function ofDependence({ observed }: Circumstances): AdviceWarning[] {
  const { designEffect, intervals } = observed
  if (intervals.total === 0) return []
  if (designEffect === null) {
    const message =
      'How alike the idle gaps of one client are is not known: reuseLow and reuseHigh take them to be independent, and are too close together for bursts'
    return [{ code: 'dependent-intervals', message }]
  }
  if (designEffect < 3) return []
  const message = `The idle gaps of one client, of one connection or of one time are alike: ${number(intervals.total)} say as much as ${number(intervals.total / designEffect)} independent ones. reuseLow and reuseHigh take it into account`
  return [{ code: 'dependent-intervals', message }]
}
