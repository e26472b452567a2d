import { clearInterval, setInterval } from 'node:timers'
import type { Finding } from '../findings.ts'
import type { Kit } from '../kit/kit.ts'
import type { Snapshot, Summary } from '../stats/snapshot.ts'
import { version } from '../version.ts'
import { History, type Sample, sampleEvery } from './history.ts'
import { type Broadcast, eventText } from './hub.ts'
import type { Hello, Update } from './messages.ts'
import { RecentlyClosed } from './recently-closed.ts'

/** How long findings stand before the doctor looks anew, in ms. */
const examineEvery = 5_000

/** What the page shows of a kit. Whatever costs something is done only while somebody looks, save for the samples. */
export class Source implements Broadcast {
  readonly #kit: Kit
  readonly recent: RecentlyClosed
  readonly #history: History
  readonly #timer: NodeJS.Timeout
  /** Set by whoever counts them. */
  viewers: () => number = () => 0
  #news: Sample | undefined
  #findings: readonly Finding[] = []
  #examinedAt = Number.NEGATIVE_INFINITY

  constructor(kit: Kit) {
    this.#kit = kit
    this.recent = new RecentlyClosed(kit)
    this.#history = new History(this.summary(), kit.clock.now())
    this.#timer = setInterval(() => this.sample(), sampleEvery).unref()
  }

  /** Without the page's own connections. */
  summary(): Summary {
    return this.#kit.summary()
  }

  clients(): Snapshot['clients'] {
    return this.#kit.ledger.clients()
  }

  sample(): void {
    this.recent.rest()
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
    clearInterval(this.#timer)
    this.recent.stop()
  }

  #update(): Update {
    this.recent.want()
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
