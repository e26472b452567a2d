import { onTestFinished, vi } from 'vitest'
import type { IdleQueue } from '../../src/pool/idle-queue.ts'
import type { Member } from '../../src/pool/member.ts'

/** Time that a test moves itself: timers, and the clock that the pool reads. */
export class FakeTime {
  /** How often the clock was read. */
  reads = 0

  constructor() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
  }

  now(): number {
    this.reads++
    return performance.now()
  }

  pass(ms: number): void {
    vi.advanceTimersByTime(ms)
  }
}

/** What happened to the members of a pool, in order. */
export interface Happened {
  readonly name: string
  readonly what: string
  /** How long the member had waited. */
  readonly waited: number
}

/** A member of a pool that records its calls. */
export class WaitingMember implements Member<WaitingMember> {
  readonly name: string
  readonly timed: boolean
  readonly #time: FakeTime
  readonly #happened: Happened[]
  waitsSince: number
  place = -1
  list: Member<WaitingMember>['list'] = undefined
  previous: WaitingMember | undefined = undefined
  next: WaitingMember | undefined = undefined
  /** What else it does when its idle timeout is due. */
  whenDue = (): void => {}

  constructor(name: string, time: FakeTime, happened: Happened[], timed = true) {
    this.name = name
    this.timed = timed
    this.#time = time
    this.#happened = happened
    this.waitsSince = time.now()
  }

  waitedFor(): number {
    return this.#time.now() - this.waitsSince
  }

  idleTimeoutDue(): void {
    this.#note('due')
    this.whenDue()
  }

  closeIdle(reason: string): void {
    this.#note(reason)
  }

  #note(what: string): void {
    this.#happened.push({ name: this.name, what, waited: this.waitedFor() })
  }
}

/** Adds this many members that begin to wait now, named by their number. */
export function addWaiting(
  queue: IdleQueue<WaitingMember>,
  count: number,
  time: FakeTime,
  happened: Happened[],
): WaitingMember[] {
  return Array.from({ length: count }, (_, i) => {
    const member = new WaitingMember(String(i), time, happened)
    queue.add(member)
    return member
  })
}
