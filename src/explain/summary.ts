import { count, duration, number } from '../words.ts'
import { type Cause, causeTexts } from './causes.ts'
import type { LogKind } from './failure.ts'
import type { Certainty, Explained } from './join.ts'
import type { Surveyed } from './survey.ts'

/** What was read of the log. */
export interface LogRead {
  readonly kind: LogKind
  /** Its format, in words. */
  readonly format: string
  readonly lines: number
  /** Requests in it, those that failed included. */
  readonly requests: number
  /** Lines that are not of the format, and the first of them. */
  readonly bad: number
  readonly example: string | undefined
}

/** One cause, with how many failures have it. */
export interface CauseCount {
  readonly cause: Cause
  readonly failures: number
  readonly exact: number
  readonly likely: number
  readonly unknown: number
  /** What happened. */
  readonly what: string
  readonly remedy: string
}

/** All failures in a few numbers. */
export interface Summary {
  /** In one sentence or two: the most frequent cause, and what to do. */
  readonly headline: string
  readonly failures: number
  /** The most frequent first. */
  readonly causes: readonly CauseCount[]
  readonly log: {
    readonly kind: LogKind
    readonly format: string
    readonly lines: number
    readonly requests: number
  }
  /** `null` where none were given. Times in Unix ms. */
  readonly records: { readonly count: number; readonly from: number; readonly to: number } | null
  /** By how much the log's clock is ahead of the records', in ms. */
  readonly clockSkew: number
  /** What else has to be known: a sentence each. */
  readonly notes: readonly string[]
}

/** How long the proxy keeps idle connections, where that is known. In ms. */
export interface ProxyName {
  readonly name: string
  readonly idleTimeout: number | undefined
}

/** Idle times kept for the median. */
const kept = 10_000

/** Counts causes. */
export class Counts {
  readonly #counts = new Map<Cause, Record<Certainty, number>>()
  readonly #idle: number[] = []
  /** All failures, and those that have a record. */
  total = 0
  joined = 0

  add({ cause, certainty, connection }: Explained): void {
    this.total++
    if (connection) this.joined++
    const of = this.#counts.get(cause) ?? { exact: 0, likely: 0, unknown: 0 }
    of[certainty]++
    this.#counts.set(cause, of)
    if (cause === 'idle-timeout' && connection && this.#idle.length < kept)
      this.#idle.push(connection.idleAtClose)
  }

  summary(log: LogRead, surveyed: Surveyed | undefined, proxy: ProxyName, notes: readonly string[]): Summary {
    const causes = [...this.#counts]
      .map(([cause, { exact, likely, unknown }]): CauseCount => {
        const failures = exact + likely + unknown
        return { cause, failures, exact, likely, unknown, ...this.#textOf(cause, proxy) }
      })
      .sort((a, b) => b.failures - a.failures)
    const { kind, format, lines, requests } = log
    return {
      headline: this.#headline(causes, requests),
      failures: this.total,
      causes,
      log: { kind, format, lines, requests },
      records: surveyed ? { count: surveyed.count, from: surveyed.from, to: surveyed.to } : null,
      clockSkew: surveyed?.skew ?? 0,
      notes,
    }
  }

  #headline([first, ...others]: readonly CauseCount[], requests: number): string {
    if (!first) return `No request failed in ${count(requests, 'request')}`
    const known = [first, ...others].find(({ cause }) => cause !== 'unknown') ?? first
    const of = `${number(known.failures)} of ${count(this.total, 'failure')}`
    return `${of}: ${known.what}. ${known.remedy}.`
  }

  #textOf(cause: Cause, proxy: ProxyName): { readonly what: string; readonly remedy: string } {
    const { what, remedy } = causeTexts[cause]
    if (cause !== 'idle-timeout' || this.#idle.length === 0) return { what, remedy }
    const idle = [...this.#idle].sort((a, b) => a - b)[this.#idle.length >> 1]!
    const closed = `the server closed idle connections after ${duration(Math.round(idle / 100) * 100)}`
    if (proxy.idleTimeout === undefined)
      return {
        what: `${closed}, while ${proxy.name} still used them`,
        remedy: `Set keepAliveTimeout above the time for which ${proxy.name} keeps idle connections`,
      }
    return {
      what: `${closed}; ${proxy.name} keeps them for ${duration(proxy.idleTimeout)}`,
      remedy: `Set keepAliveTimeout above ${duration(proxy.idleTimeout)}`,
    }
  }
}
