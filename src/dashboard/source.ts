import { clearTimeout, setTimeout } from 'node:timers'
import type { Finding } from '../findings.ts'
import type { Kit } from '../kit/kit.ts'
import type { Snapshot, Summary } from '../stats/snapshot.ts'
import { version } from '../version.ts'
import { History } from './history.ts'
import { type Broadcast, eventText } from './hub.ts'
import type { Hello, Update } from './messages.ts'
import { RecentlyClosed } from './recently-closed.ts'
import { type Sample, type SamplesByRange, sampleEvery } from './samples.ts'
import { AllWorkers } from './workers/all.ts'
import type { OtherWorkers } from './workers/others.ts'
import { ownState, toldClients } from './workers/self.ts'

/** How long findings stand before the doctor looks anew, in ms. */
const examineEvery = 5_000

/** After the beginning of a step, in ms: a timer that is early would take its sample in the step before. */
const offset = 50

/**
 * What the page shows of a kit, and of those of the other workers. Whatever costs something is done only while a viewer is
 * there, save for the samples.
 */
export class Source implements Broadcast {
  readonly #kit: Kit
  readonly recent: RecentlyClosed
  readonly #history: History
  #timer: NodeJS.Timeout | undefined
  /** Set by whoever counts them. */
  viewers: () => number = () => 0
  #news: Sample | undefined
  #findings: readonly Finding[] = []
  #examinedAt = Number.NEGATIVE_INFINITY
  #all: AllWorkers | undefined

  constructor(kit: Kit) {
    this.#kit = kit
    this.recent = new RecentlyClosed(kit)
    this.#history = new History(kit.summary(), kit.clock.now())
    this.#schedule()
  }

  /** From now on the numbers are those of this worker and of the others. */
  join(others: OtherWorkers): void {
    this.#all = new AllWorkers(others)
  }

  /** Without the page's own connections. */
  summary(): Summary {
    const own = this.#kit.summary()
    return this.#all ? this.#all.summary(own) : own
  }

  async clients(): Promise<Snapshot['clients']> {
    const own = this.#kit.ledger.clients()
    return this.#all ? this.#all.clients(own, this.#kit.summary()) : own
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
    this.recent.rest()
    this.#news = this.#history.take(this.#kit.summary(), this.#kit.clock.now())
  }

  /** What another worker asks for; `undefined` for a question that this class has no answer to. */
  tell(question: string): unknown {
    if (question === 'state') {
      // Another worker has a viewer, who may open the connections of this one.
      this.recent.want()
      return ownState(this.#kit, this.#history.samples[0]!.at(-1))
    }
    if (question === 'history') return this.#history.samples satisfies SamplesByRange
    if (question === 'clients') return toldClients(this.#kit.ledger.clients())
    return undefined
  }

  /** Asks the other workers, where there are any, for all that a viewer begins with. It takes 4 s at most, as a rule a few ms. */
  async prepare(): Promise<void> {
    if (!this.#all) return
    await this.#all.refresh()
    await this.#examineAll()
    // Where there are viewers the samples of all workers are known.
    if (this.viewers() > 0) return
    await this.#all.begin(() => this.#history.samples)
    this.#news = undefined
  }

  findings(): readonly Finding[] {
    if (!this.#all && this.#mayExamine()) this.#findings = this.#kit.diagnose()
    return this.#findings
  }

  #mayExamine(): boolean {
    const now = this.#kit.clock.now()
    if (now - this.#examinedAt < examineEvery) return false
    this.#examinedAt = now
    return true
  }

  /** The traffic of all workers, and the configuration of this one: all run the same program. */
  async #examineAll(): Promise<void> {
    if (!this.#all || !this.#mayExamine()) return
    const clients = await this.clients()
    this.#findings = this.#kit.diagnose({ ...this.summary(), clients })
  }

  hello(): string {
    const { log: _, ...policy } = this.#kit.policy
    const hello: Hello = {
      kit: version,
      node: process.version,
      pid: process.pid,
      policy,
      history: this.#all?.samples ?? this.#history.samples,
      update: this.#update(),
    }
    return eventText('hello', hello)
  }

  update(): string {
    const sample = this.#takeNews()
    const text = eventText('update', sample ? { ...this.#update(), sample } : this.#update())
    // What the others say by then is in the next update.
    void this.#all?.refresh()
    void this.#examineAll().catch(() => {})
    return text
  }

  #takeNews(): Sample | undefined {
    const sample = this.#all ? this.#all.sample(this.#news) : this.#news
    if (sample) this.#news = undefined
    return sample
  }

  isOver(): boolean {
    return this.#kit.draining
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#all?.close()
    this.recent.stop()
  }

  #update(): Update {
    this.recent.want()
    const own = ownState(this.#kit, undefined)
    const workers = this.#all?.lines(own, this.#kit.clock.wall())
    return {
      ...(workers && { workers }),
      summary: this.summary(),
      findings: this.findings(),
      page: this.#all ? this.#all.page(own.page) : own.page,
      viewers: this.viewers(),
      draining: this.#kit.draining,
    }
  }
}
