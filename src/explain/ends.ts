import type { Cause } from './causes.ts'
import type { Life } from './lives.ts'
import { firstFrom, type Pending } from './pending.ts'
import type { ConnectionRecord } from './records.ts'
import type { Surveyed } from './survey.ts'

/** Times of a process are known to about so much, in ms. */
const slack = 1_500

/** A process that ends is replaced within this time, in ms. */
const longestRestart = 600_000

/** Among several processes, one that ends is replaced within this time. In ms. */
const quickRestart = 30_000

/** A refused connection so soon after tells that the process had ended, in ms. */
const refusedSoon = 60_000

/** A drain goes on for so long at most, in ms. */
const longestDrain = 60_000

/** Processes whose connections are followed, at most. */
const mostProcesses = 64

interface Ended {
  readonly cause: Cause
  readonly certainty: 'exact' | 'likely' | 'unknown'
}

const unknown: Ended = { cause: 'unknown', certainty: 'unknown' }

/** Tells what became of requests without a record: did their process end, or did it run on? */
export class Ends {
  readonly #all: readonly Pending[]
  readonly #surveyed: Surveyed
  /** For each process, where in the list of failures its connections begin (+1) and end (−1). */
  readonly #spans = new Map<string, Int32Array>()
  /** How many processes each failure finds alive. */
  readonly #alive: Int32Array
  /** Failures of a target that have a record, less those that have none. */
  readonly #balance = new Map<string, number>()
  readonly #refused: Pending[]
  /** A target of the log is called the same in the records. */
  #namesAgree = false

  /** @param all - sorted by time. */
  constructor(all: readonly Pending[], surveyed: Surveyed) {
    this.#all = all
    this.#surveyed = surveyed
    this.#alive = new Int32Array(all.length)
    this.#refused = all.filter(({ failure }) => failure.symptom === 'refused')
  }

  see({ process, target, closedAt, age }: ConnectionRecord): void {
    const from = firstFrom(this.#all, closedAt - age + slack)
    const to = firstFrom(this.#all, closedAt - slack)
    if (from >= to) return
    const key = `${process} ${target}`
    let span = this.#spans.get(key)
    if (!span) {
      if (this.#spans.size >= mostProcesses) return
      span = new Int32Array(this.#all.length + 1)
      this.#spans.set(key, span)
    }
    span[from]!++
    span[to]!--
  }

  /** All records were seen and matched. */
  finish(): void {
    for (const span of this.#spans.values()) {
      let open = 0
      for (let i = 0; i < this.#all.length; i++) {
        open += span[i]!
        if (open > 0) this.#alive[i]!++
      }
    }
    this.#namesAgree = this.#all.some(({ target }) => this.#surveyed.targets.has(target))
    for (const { target, best, failure } of this.#all)
      if (failure.port !== 0) this.#balance.set(target, (this.#balance.get(target) ?? 0) + (best ? 1 : -1))
  }

  /** Whether a process that the request may have been sent to may have ended at that time. */
  mayHaveEnded({ target, from, to }: Pending): boolean {
    const { lives, targets } = this.#surveyed
    const mayBe = lives.filter((life) => !targets.has(target) || life.target === target)
    return mayBe.some(
      (ended) =>
        Math.abs(ended.to - from) <= quickRestart &&
        ended.to <= to + slack &&
        mayBe.some(
          (next) =>
            next.target === ended.target && next.from >= from - slack && next.from <= to + quickRestart,
        ),
    )
  }

  /** @param at - where the failure is in the list. */
  causeOf(pending: Pending, at: number): Ended {
    if (this.#surveyed.count === 0) return unknown
    const { target, from, to, failure } = pending
    const isKnown = target !== '' && this.#surveyed.targets.has(target)
    // Records of other servers alone say nothing of this one.
    if (target !== '' && !isKnown && this.#isForeign(target)) return unknown
    const { mixed, timesAgree } = this.#surveyed
    // Where no times agree, a refused connection tells by the log's own clock that the process had ended.
    if (failure.port === 0 && !timesAgree && !this.#isRefusedSoon(pending)) return unknown
    if (isKnown ? mixed.has(target) : mixed.size > 0) return unknown
    const lives = this.#surveyed.lives.filter((life) => !isKnown || life.target === target)
    const ended = latest(lives.filter((life) => life.from <= to && life.to <= to + slack))
    const next = (within: number): boolean =>
      lives.some((life) => life.from >= from - slack && life.from <= to + within)
    const isProvenAlive = this.#alive[at]! > 0
    if (isProvenAlive || lives.some((life) => life.from < from - slack && life.to > to + slack)) {
      // Another process may have ended beside those that ran on.
      if (ended && ended.to >= from - quickRestart)
        return next(quickRestart) ? { cause: howEnded(ended, from), certainty: 'likely' } : unknown
      if (failure.port === 0 || !(isKnown || (this.#balance.get(target) ?? 0) > 0)) return unknown
      return { cause: 'elsewhere', certainty: isKnown && isProvenAlive ? 'exact' : 'likely' }
    }
    if (ended && next(longestRestart))
      return { cause: howEnded(ended, from), certainty: failure.port !== 0 && isKnown ? 'exact' : 'likely' }
    // Without a later process: a file of records that ends early looks the same as a crash.
    return unknown
  }

  /** Log and records call servers by the same names, and this one is none of the records'. */
  #isForeign(target: string): boolean {
    if ((this.#balance.get(target) ?? 0) > 0) return false
    return this.#namesAgree
  }

  #isRefusedSoon({ target, from }: Pending): boolean {
    for (let i = firstFrom(this.#refused, from - slack); i < this.#refused.length; i++) {
      const refused = this.#refused[i]!
      if (refused.from > from + refusedSoon) return false
      if (refused.target === target) return true
    }
    return false
  }
}

const latest = (lives: readonly Life[]): Life | undefined =>
  lives.reduce<Life | undefined>((last, life) => (last && last.to >= life.to ? last : life), undefined)

/** A process that drains closes connections before it ends. */
const howEnded = ({ drainedAt }: Life, time: number): Cause =>
  Math.abs(time - drainedAt) <= longestDrain ? 'restart' : 'crash'
