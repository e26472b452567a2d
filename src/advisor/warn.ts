import { followsHint, inferTimeouts } from '../stats/infer-timeout.ts'
import type { Histogram } from '../stats/snapshot.ts'
import { duration, number, percent } from '../words.ts'
import type { AdviceWarning, Observed } from './advice.ts'
import type { Estimator } from './estimate.ts'
import type { Rotation } from './pool-order.ts'

/** The input of the warnings. */
export interface Circumstances {
  readonly observed: Observed
  readonly estimator: Estimator
  /** In ms. */
  readonly recommended: number | null
  /** Gaps that clients ended, with the sums and squares that reveal a timer. */
  readonly clientClosed: Histogram | undefined
  /** Pools that do not take the most recently used connection. */
  readonly rotation: Rotation | undefined
  readonly closesUnseen: boolean
  /** Maximum error of an idle gap because of rounded times, in ms. */
  readonly gapError: number
  /** A budget that needs rates was given. */
  readonly wantsRates: boolean
}

/** Fewer intervals give only a rough advice. */
const few = 1_000

/** An observation of fewer times the length of a wait has mostly seen short waits. */
const minTimes = 5

/** Times with a precision of 1 ms are precise enough: timeouts are seconds. In ms. */
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
  const message = `Only ${number(total)} idle intervals were observed, so the advice is rough. Look at the 95% confidence interval of reuse`
  return [{ code: 'too-few-intervals', message }]
}

function ofTheEnd({ observed, estimator }: Circumstances): AdviceWarning[] {
  const { duration: watched, horizon, keepAliveTimeoutBuffer: buffer } = observed
  const warnings: AdviceWarning[] = []
  if (horizon <= 0) return warnings
  if (watched !== null && watched < minTimes * (horizon + buffer)) {
    const message = `The traffic was observed for ${duration(watched)}, less than ${minTimes} times the longest wait (${duration(horizon)}). Long waits had hardly any time to end`
    warnings.push({ code: 'short-observation', message })
  }
  const [half, end] = [estimator.at(estimator.horizon / 2), estimator.at(estimator.horizon)]
  if (end.reuse - half.reuse >= 0.02 && end.waiting >= 0.02) {
    const message = `${percent(end.reuse - half.reuse)} of the idle intervals ended in reuse in the second half of ${duration(horizon)}, and ${percent(end.waiting)} were still waiting at its end. A longer timeout may bring more; how much was not observed`
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
    const share = `${percent(gaps / of)} of the idle gaps that clients ended lasted about ${duration(timeout)}`
    if (keepAliveTimeout && followsHint(peer, keepAliveTimeout))
      return [
        {
          code: 'clients-follow',
          message: `${share}, just before the timeout in force. These clients obey the Keep-Alive header, and will follow another timeout. For a shorter timeout the curve overestimates the reuse`,
        },
      ]
    if (recommended !== null && recommended > timeout) return []
    return [
      {
        code: 'client-timeout',
        message: `${share}: these clients have their own idle timeout. A server that closes before them loses requests. Set constraints.proxyIdleTimeout to keep the advice above it`,
      },
    ]
  })
}

function ofPools({ rotation }: Circumstances): AdviceWarning[] {
  if (!rotation) return []
  const { idle, clients } = rotation
  const who = clients === 1 ? 'One client has' : `${number(clients)} clients have`
  const message = `${who} ${number(idle)} idle connections on average, and all idle gaps are alike. The pool takes the connection that was idle longest, or any, not the most recently used one. Under a shorter timeout such a pool keeps fewer connections, and the gaps get shorter. For a shorter timeout, reuse is a lower bound, and new connections are an upper bound`
  return [{ code: 'pool-rotates', message }]
}

function ofSource({ observed, closesUnseen, gapError, wantsRates }: Circumstances): AdviceWarning[] {
  const warnings: AdviceWarning[] = []
  if (observed.keepAliveTimeout === null && observed.intervals.total > 0) {
    const message =
      'The timeout in force is unknown, or was not the same everywhere. Each wait counts as cut off at its own length'
    warnings.push({ code: 'timeout-varied', message })
  }
  if (observed.duration === null) {
    const budgets = wantsRates ? '. The idle budget was not checked' : ''
    warnings.push({
      code: 'no-rates',
      message: `The source does not say how long the traffic was observed: there is reuse, but no connections, memory or rates${budgets}`,
    })
  }
  if (closesUnseen) {
    const message =
      'The source does not show when clients close. Each connection without a further request counts as idle until the timeout, so idle connections and memory are upper bounds'
    warnings.push({ code: 'closes-unseen', message })
  }
  if (gapError > usualGapError) {
    const message = `The source rounds its times: each idle gap may be wrong by up to ${duration(gapError)}. Reuse at timeouts below ${duration(3 * gapError)} is unreliable`
    warnings.push({ code: 'times-rounded', message })
  }
  return warnings
}

function ofDependence({ observed }: Circumstances): AdviceWarning[] {
  const { designEffect, intervals } = observed
  if (intervals.total === 0) return []
  if (designEffect === null) {
    const message =
      'It is unknown how alike the idle gaps of one client are. The 95% confidence intervals assume independent gaps, so for bursts they are too narrow'
    return [{ code: 'dependent-intervals', message }]
  }
  if (designEffect < 3) return []
  const message = `The idle gaps of one client, one connection or one period are alike: ${number(intervals.total)} gaps say as much as ${number(intervals.total / designEffect)} independent gaps. The 95% confidence intervals take this into account`
  return [{ code: 'dependent-intervals', message }]
}
