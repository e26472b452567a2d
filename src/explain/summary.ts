import { count, duration, number } from '../words.ts'
import { type Cause, type CauseText, causeTexts } from './causes.ts'
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
  /** What the log lacks to tell more: a sentence without a full stop; `undefined` where it has all. */
  readonly lacks: string | undefined
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

/** The proxy, and how long it keeps idle connections. */
export interface ProxyName {
  readonly name: string
  /** In ms; `undefined` where it is not known. */
  readonly idleTimeout: number | undefined
  /** Whether it is only the default: the configuration may have another one. */
  readonly isDefault: boolean
}

/** The cause to speak of first: what is not known hides no less than the most frequent known one explains. */
export function leadOf(causes: readonly CauseCount[]): CauseCount | undefined {
  const known = causes.find(({ cause }) => cause !== 'unknown')
  const unknown = causes.find(({ cause }) => cause === 'unknown')
  return known && known.failures > (unknown?.failures ?? 0) ? known : (unknown ?? known)
}

/** What to do depends on what was given. */
function unknownText({ lacks }: LogRead, surveyed: Surveyed | undefined): CauseText {
  const { what } = causeTexts.unknown
  const given = surveyed
    ? 'Give the records of all processes, from before the first failure until after the last one'
    : "Give the server's closed records with --records"
  return { what, remedy: lacks === undefined ? given : `${given}. ${lacks}` }
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
  /** Failures without a known cause. */
  unknown = 0

  add({ cause, certainty, connection }: Explained): void {
    this.total++
    if (connection) this.joined++
    if (cause === 'unknown') this.unknown++
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
        const text = cause === 'unknown' ? unknownText(log, surveyed) : this.#textOf(cause, proxy)
        return { cause, failures, exact, likely, unknown, ...text }
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

  #headline(causes: readonly CauseCount[], requests: number): string {
    const lead = leadOf(causes)
    if (!lead) return `No request failed in ${count(requests, 'request')}`
    // The one that is not known beside the most frequent known one, or the reverse.
    const other = causes.find(({ cause }) => (cause === 'unknown') !== (lead.cause === 'unknown'))
    return [lead, ...(other ? [other] : [])].map((each) => this.#sentences(each, each === lead)).join(' ')
  }

  #sentences({ cause, failures, exact, likely, what, remedy }: CauseCount, isLead: boolean): string {
    const of = isLead ? count(this.total, 'failure') : number(this.total)
    const sure = exact > 0 ? `, ${number(likely)} of them likely` : ', likely'
    const found = `${number(failures)} of ${of}${likely > 0 ? sure : ''}: ${what}.`
    return cause === 'unknown' && !isLead ? found : `${found} ${remedy}.`
  }

  #textOf(cause: Cause, proxy: ProxyName): CauseText {
    if (cause !== 'idle-timeout' || this.#idle.length === 0) return causeTexts[cause]
    const idle = [...this.#idle].sort((a, b) => a - b)[this.#idle.length >> 1]!
    const closed = `the server closed idle connections after ${duration(Math.round(idle / 100) * 100)}`
    const { name, idleTimeout, isDefault } = proxy
    // The proxy used a connection that was idle for longer than its default: its idle timeout is another one.
    if (idleTimeout === undefined || (isDefault && idle >= idleTimeout))
      return {
        what: `${closed}, while ${name} still used them`,
        remedy: `Set keepAliveTimeout above the time for which ${name} keeps idle connections`,
      }
    const kept = duration(idleTimeout)
    if (!isDefault)
      return {
        what: `${closed}; ${name} keeps them for ${kept}`,
        remedy: `Set keepAliveTimeout above ${kept}`,
      }
    return {
      what: `${closed}; ${name} keeps them for ${kept} by default`,
      remedy: `Set keepAliveTimeout above ${kept}, or above the idle timeout that ${name} is set to`,
    }
  }
}
