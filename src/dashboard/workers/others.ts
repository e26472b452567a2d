import type { Summary } from '../../stats/snapshot.ts'
import type { Sample } from '../samples.ts'
import { type Answer, answerOthers, askWorker } from './exchange.ts'
import { SocketFolder } from './folder.ts'
import { addWorkers, mergeSummaries } from './merge.ts'

/** What a worker says of itself. */
export interface WorkerState {
  readonly pid: number
  /** Its number in the cluster. */
  readonly id: number
  readonly summary: Summary
  /** Of the page itself. */
  readonly page: { readonly open: number; readonly requests: number }
  /** The latest. */
  readonly sample?: Sample
}

/** For how long a worker that does not answer is counted with what it said last, in ms. */
const longestSilence = 60_000

/** What was last heard of another worker. */
export interface Heard {
  readonly state: WorkerState
  /** Unix time in ms. */
  readonly at: number
}

/** The other workers of this app, as far as they can be reached. */
export class OtherWorkers {
  #folder: SocketFolder | undefined
  #close = (): void => {}
  #why: string | undefined
  /** Why the last look into the folder failed: the process may have given up the right to read it. */
  #trouble: string | undefined
  #heard: readonly Heard[] = []
  #asking: Promise<void> | undefined
  readonly #now: () => number

  /**
   * @param page - which of the pages of this process asks, from 0.
   * @param answer - what this worker tells the others.
   * @param now - the wall clock.
   */
  constructor(page: number, answer: Answer, now: () => number) {
    this.#now = now
    try {
      this.#folder = new SocketFolder(page)
      this.#close = answerOthers(this.#folder, answer, (error) => this.#fail(error))
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #fail({ message }: Error): void {
    this.#why = message
    this.#folder = undefined
    this.#heard = []
  }

  /** Why the others cannot be reached; `undefined` where they can. */
  get why(): string | undefined {
    return this.#why ?? this.#trouble
  }

  /** One that does not answer is there with what it said last, for a minute or until its process has ended. */
  get heard(): readonly Heard[] {
    return this.#heard
  }

  /** Asks all for their state, once at a time. */
  refresh(): Promise<void> {
    this.#asking ??= this.#refresh().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #refresh(): Promise<void> {
    const before = new Map(this.#heard.map((heard) => [heard.state.pid, heard]))
    const answers = await this.#askAll<WorkerState>('state')
    if (!this.#folder) return
    const now = this.#now()
    this.#heard = answers.flatMap(({ pid, answer }) => {
      if (isState(answer, pid)) return { state: answer, at: now }
      const last = before.get(pid)
      return last && now - last.at < longestSilence ? last : []
    })
  }

  /** What those that answer say. */
  async all<T>(question: string): Promise<T[]> {
    const answers = await this.#askAll<T>(question)
    // Not by flatMap: an answer may be a list.
    return answers.map(({ answer }) => answer).filter((answer) => answer !== undefined) as T[]
  }

  async #askAll<T>(question: string): Promise<{ pid: number; answer: T | undefined }[]> {
    return Promise.all(
      (await this.#pids()).map(async (pid) => ({
        pid,
        answer: (await this.ask(pid, question)) as T | undefined,
      })),
    )
  }

  async #pids(): Promise<number[]> {
    try {
      const pids = await this.#folder?.others()
      this.#trouble = undefined
      return pids ?? []
    } catch (error) {
      this.#trouble = (error as Error).message
      return []
    }
  }

  /** The answer of one worker; `undefined` where there is none. */
  async ask(pid: number, question: string): Promise<unknown> {
    const folder = this.#folder
    if (!folder) return undefined
    try {
      return await askWorker(folder.pathOf(pid), question)
    } catch {
      return undefined
    }
  }

  close(): void {
    this.#close()
    this.#folder = undefined
    this.#heard = []
  }
}

/** Whether it can be added up: the page must not fail by what another process says. */
function isState(answer: WorkerState | undefined, pid: number): answer is WorkerState {
  try {
    if (answer?.pid !== pid) return false
    mergeSummaries([answer.summary])
    if (answer.sample) addWorkers(answer.sample, answer.sample)
    return true
  } catch {
    return false
  }
}
