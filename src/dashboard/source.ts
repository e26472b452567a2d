import { clearTimeout, setTimeout } from 'node:timers'
import type { Finding } from '../findings.ts'
import type { Kit } from '../kit/kit.ts'
import type { Snapshot, Summary } from '../stats/snapshot.ts'
import { version } from '../version.ts'
import { History } from './history.ts'
import { type Broadcast, eventText } from './hub.ts'
import type { Hello, Update } from './messages.ts'
import { type Sample, sampleEvery } from './samples.ts'

/** How long findings stand before the doctor looks anew, in ms. */
const examineEvery = 5_000

/** After the beginning of a step, in ms: a timer that is early would take its sample in the step before. */
const offset = 50

/** What the page shows of a kit. Whatever costs something is done only while somebody looks, save for the samples. */
export class Source implements Broadcast {
  readonly #kit: Kit
  readonly #history: History
  #timer: NodeJS.Timeout | undefined
  /** Set by whoever counts them. */
  viewers: () => number = () => 0
  #news: Sample | undefined
  #findings: readonly Finding[] = []
  #examinedAt = Number.NEGATIVE_INFINITY

  constructor(kit: Kit) {
    this.#kit = kit
    this.#history = new History(this.summary(), kit.clock.now())
    this.#schedule()
  }

  /** Without the page's own connections. */
  summary(): Summary {
    return this.#kit.summary()
  }

  clients(): Snapshot['clients'] {
    return this.#kit.ledger.clients()
  }

  /** At the beginning of each step by the wall clock, in all processes at once: so their samples add up. */
  #schedule(): void {
    const wait = sampleEvery - (this.#kit.clock.wall() % sampleEvery) + offset
    this.#timer = setTimeout(() => {
      this.sample()
      this.#schedule()
    }, wait).unref()
  }

  sample(): void {
    this.#news = this.#history.take(this.summary(), this.#kit.clock.now())
  }

  findings(): readonly Finding[] {
    const now = this.#kit.clock.now()
    if (now - this.#examinedAt >= examineEvery) {
      this.#findings = this.#kit.diagnose()
      this.#examinedAt = now
    }
    return this.#findings
  }

  hello(): string {
    const { log: _, ...policy } = this.#kit.policy
    const hello: Hello = {
      kit: version,
      node: process.version,
      pid: process.pid,
      policy,
      history: this.#history.samples,
      update: this.#update(),
    }
    return eventText('hello', hello)
  }

  update(): string {
    const sample = this.#news
    this.#news = undefined
    return eventText('update', sample ? { ...this.#update(), sample } : this.#update())
  }

  isOver(): boolean {
    return this.#kit.draining
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #update(): Update {
    const own = this.#kit.aside()
    return {
      summary: this.summary(),
      findings: this.findings(),
      page: { open: own.length, requests: own.reduce((sum, { requests }) => sum + requests, 0) },
      viewers: this.viewers(),
      draining: this.#kit.draining,
    }
  }
}
