import { lostBy, proven } from './causes.ts'
import type { LoggedFailure } from './failure.ts'
import { type Life, Lives } from './lives.ts'
import { type ConnectionRecord, plainAddress } from './records.ts'
import { Skew } from './skew.ts'

/** Failures that are compared with all records that tell of a lost request, at most. */
const sampled = 500

/** Targets remembered, at most. */
const mostTargets = 10_000

/** What is known of all records before failures are matched with them. */
export interface Surveyed {
  /** By how much the log's clock is ahead of the records', in ms. */
  readonly skew: number
  /** Whether times alone may join: failures and lost requests come at the same times more often than by chance. */
  readonly timesAgree: boolean
  readonly lives: readonly Life[]
  /** Targets whose processes cannot be told apart. */
  readonly mixed: ReadonlySet<string>
  /** The servers' sides of the connections. */
  readonly targets: ReadonlySet<string>
  readonly count: number
  /** When the first known connection opened and the last one closed, in Unix ms. */
  readonly from: number
  readonly to: number
}

interface Sighted {
  readonly time: number
  readonly target: string
}

/** Looks at all records once. */
export class Survey {
  readonly #byPort = new Map<number, Sighted[]>()
  readonly #unported: readonly Sighted[]
  /** Of pairs with the same port, and of those with the same target too. */
  readonly #ported: Skew
  readonly #exact: Skew
  /** Of pairs that have nothing in common but that a request was lost. */
  readonly #lost: Skew
  readonly #lives = new Lives()
  readonly #targets = new Set<string>()
  #count = 0
  #from = Number.POSITIVE_INFINITY
  #to = Number.NEGATIVE_INFINITY

  /** @param failures - of the log's first part. */
  constructor(failures: readonly LoggedFailure[]) {
    const unported: Sighted[] = []
    let precision = 1
    for (const { port, time, until, target, symptom } of failures) {
      const width = Math.min(until - time, 2_000)
      const one = { time: time + width / 2, target: plainTarget(target) }
      if (port !== 0) {
        const others = this.#byPort.get(port)
        if (others) others.push(one)
        else this.#byPort.set(port, [one])
      } else if (proven[symptom] === undefined) unported.push(one)
      else continue
      precision = Math.max(precision, width)
    }
    const step = Math.ceil(unported.length / sampled)
    this.#unported = unported.filter((_, i) => i % step === 0)
    this.#ported = new Skew(precision)
    this.#exact = new Skew(precision)
    this.#lost = new Skew(precision)
  }

  see(record: ConnectionRecord): void {
    this.#count++
    const { closedAt, age, target, remotePort } = record
    this.#from = Math.min(this.#from, closedAt - age)
    this.#to = Math.max(this.#to, closedAt)
    if (target !== '' && this.#targets.size < mostTargets) this.#targets.add(target)
    this.#lives.see(record)
    for (const failure of this.#byPort.get(remotePort) ?? [])
      (failure.target === target && target !== '' ? this.#exact : this.#ported).add(failure.time, closedAt)
    if (this.#unported.length === 0 || lostBy(record) === 0) return
    for (const failure of this.#unported) this.#lost.add(failure.time, closedAt)
  }

  /** @param zoned - whether the log's times have a zone. */
  finish(zoned: boolean): Surveyed {
    // Names agree, or they never do.
    const ported = this.#exact.pairs > 0 ? this.#exact : this.#ported
    const byPort = ported.find(3, zoned ? 3 : 1)
    const byTime = this.#lost.find(5, 5)
    return {
      skew: byPort.isSure ? byPort.ms : byTime.ms,
      timesAgree: byTime.isSure && (!byPort.isSure || Math.abs(byPort.ms - byTime.ms) < 1_000),
      lives: this.#lives.all,
      mixed: this.#lives.mixed,
      targets: this.#targets,
      count: this.#count,
      from: this.#from,
      to: this.#to,
    }
  }
}

/** `[::1]:3000` and `::ffff:10.0.0.5:3000` as a record has it. */
export function plainTarget(target: string): string {
  const colon = target.lastIndexOf(':')
  if (colon < 0) return target
  return `${plainAddress(target.slice(0, colon).replace(/^\[|\]$/g, ''))}${target.slice(colon)}`
}
