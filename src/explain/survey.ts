import { lostBy } from './causes.ts'
import type { LoggedFailure } from './failure.ts'
import { type Life, Lives } from './lives.ts'
import { type ConnectionRecord, plainAddress } from './records.ts'
import { Skew } from './skew.ts'

/** Failures without a port that are compared with records, and such records, at most. */
const sampled = 1_000

/** Targets remembered, at most. */
const mostTargets = 10_000

/** What is known of all records before failures are matched with them. */
export interface Surveyed {
  /** By how much the log's clock is ahead of the records', in ms. */
  readonly skew: number
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

/** Looks at all records once. */
export class Survey {
  readonly #byPort = new Map<number, { readonly time: number; readonly target: string }[]>()
  readonly #times: readonly number[]
  readonly #lost: number[] = []
  readonly #skew = new Skew()
  /** Of pairs with the same target alone. */
  readonly #sameSkew = new Skew()
  readonly #lives = new Lives()
  readonly #targets = new Set<string>()
  #lostSeen = 0
  #count = 0
  #from = Number.POSITIVE_INFINITY
  #to = Number.NEGATIVE_INFINITY

  /** @param failures - of the log's first part. */
  constructor(failures: readonly LoggedFailure[]) {
    const unported: number[] = []
    for (const { port, time, until, target } of failures) {
      const middle = (time + Math.min(until, time + 2_000)) / 2
      if (port === 0) unported.push(middle)
      else {
        const one = { time: middle, target: plainTarget(target) }
        const others = this.#byPort.get(port)
        if (others) others.push(one)
        else this.#byPort.set(port, [one])
      }
    }
    const step = Math.max(1, Math.floor(unported.length / sampled))
    this.#times = unported.filter((_, i) => i % step === 0)
  }

  see(record: ConnectionRecord): void {
    this.#count++
    const { closedAt, age, target, remotePort } = record
    this.#from = Math.min(this.#from, closedAt - age)
    this.#to = Math.max(this.#to, closedAt)
    if (target !== '' && this.#targets.size < mostTargets) this.#targets.add(target)
    this.#lives.see(record)
    for (const failure of this.#byPort.get(remotePort) ?? []) {
      const of = failure.target === target && target !== '' ? this.#sameSkew : this.#skew
      of.add(failure.time - closedAt)
    }
    if (lostBy(record) === 0) return
    // Every n-th is kept, so that those kept are spread over all of the file.
    this.#lostSeen++
    if (this.#lost.length < sampled) this.#lost.push(closedAt)
    else if (this.#lostSeen % Math.ceil(this.#lostSeen / sampled) === 0)
      this.#lost[this.#lostSeen % sampled] = closedAt
  }

  /** @param zoned - whether the log's times have a zone. */
  finish(zoned: boolean): Surveyed {
    const hasPorts = this.#byPort.size > 0
    // Many requests are lost at all times, and one of them is always about so long before or after.
    const least = hasPorts ? 3 : Math.max(5, this.#times.length / 2)
    if (!hasPorts)
      for (const closedAt of this.#lost) for (const time of this.#times) this.#skew.add(time - closedAt)
    // Names agree, or they never do.
    const skew = this.#sameSkew.pairs > 0 ? this.#sameSkew : this.#skew
    return {
      skew: skew.find(least, hasPorts && !zoned ? 1 : least),
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
