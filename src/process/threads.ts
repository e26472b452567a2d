import { subscribe } from 'node:diagnostics_channel'

type Message =
  | { readonly whoIsThere: true }
  | { readonly joined: number }
  | { readonly draining: number }
  | { readonly left: number }
  | { readonly drain: true }

const name = 'keepalive-kit:threads'

const threads = (): typeof import('node:worker_threads') => process.getBuiltinModule('node:worker_threads')

/** True in a worker thread. It gets no signals, and its listeners for signals are never called. */
export const isThread = (): boolean => !threads().isMainThread

/** In a worker thread with a server: drains when the main thread tells it to. */
export function joinDrain(drain: () => Promise<unknown>): void {
  const { BroadcastChannel, threadId } = threads()
  const channel = new BroadcastChannel(name)
  const leave = (): void => channel.postMessage({ left: threadId } satisfies Message)
  const join = (): void => channel.postMessage({ joined: threadId } satisfies Message)
  let isTold = false
  channel.onmessage = ({ data }: { data: unknown }) => {
    if ('whoIsThere' in (data as Message)) join()
    if (!('drain' in (data as Message)) || isTold) return
    isTold = true
    channel.postMessage({ draining: threadId } satisfies Message)
    // Afterwards the thread lives on without its servers, as it would without the kit.
    channel.ref()
    void drain().then(leave)
  }
  channel.unref()
  join()
  process.once('exit', leave)
}

/** The threads whose end is reported. */
const watched = new WeakSet<object>()

/**
 * Tells all threads when a thread of this one has ended. A terminated thread cannot report its end itself.
 *
 * @param message - of the channel 'worker_threads'.
 */
export function tellOfEnd(message: unknown): void {
  const { worker } = message as { worker: import('node:worker_threads').Worker }
  const { threadId } = worker
  if (watched.has(worker)) return
  watched.add(worker)
  worker.once('exit', () => {
    const channel = new (threads().BroadcastChannel)(name)
    channel.postMessage({ left: threadId } satisfies Message)
    channel.close()
  })
}

/** How long a thread may take to answer, in ms. A terminated thread never answers. */
const patience = 1_000

/** In the main thread: the worker threads that have servers. */
export class Threads {
  readonly #channel: InstanceType<typeof import('node:worker_threads').BroadcastChannel>
  readonly #ids = new Set<number>()
  /** The threads that have not answered yet. */
  #silent = new Set<number>()
  #allLeft: (() => void) | undefined

  /** @param joined - called when a thread reports that it has a server. */
  constructor(joined: () => void) {
    const { BroadcastChannel } = threads()
    this.#channel = new BroadcastChannel(name)
    this.#channel.onmessage = ({ data }: { data: unknown }) => {
      const message = data as Message
      if ('joined' in message) {
        this.#ids.add(message.joined)
        if (this.#allLeft) this.#tell()
        joined()
      } else if ('draining' in message) this.#silent.delete(message.draining)
      else if ('left' in message) this.#left([message.left])
    }
    this.#channel.unref()
    // A thread may have joined before this one listened.
    this.#channel.postMessage({ whoIsThere: true } satisfies Message)
    subscribe('worker_threads', tellOfEnd)
  }

  get some(): boolean {
    return this.#ids.size > 0
  }

  /**
   * Lets the threads drain.
   *
   * @param timeout - in ms.
   */
  drain(timeout: number): Promise<void> {
    return new Promise((done) => {
      this.#allLeft = done
      this.#silent = new Set(this.#ids)
      setTimeout(() => this.#left(this.#silent), patience).unref()
      setTimeout(done, timeout).unref()
      this.#channel.ref()
      this.#tell()
    })
  }

  /** Sent to all threads. Sent again when a thread joins late. */
  #tell(): void {
    this.#channel.postMessage({ drain: true } satisfies Message)
  }

  #left(ids: Iterable<number>): void {
    for (const id of ids) this.#ids.delete(id)
    if (this.#ids.size === 0) this.#allLeft?.()
  }
}
