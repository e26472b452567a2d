import type { RequestListener } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Collects what can be collected, also what the current turn has held, and tells how many bytes of the heap are live. */
export async function liveBytes(): Promise<number> {
  for (let turn = 0; turn < 2; turn++) {
    await new Promise((done) => setImmediate(done))
    gc()
  }
  return process.memoryUsage().heapUsed
}

/** Objects that the garbage collector should collect, held weakly. */
export class Refs {
  readonly #refs: WeakRef<object>[] = []

  add(...things: readonly object[]): void {
    for (const thing of things) this.#refs.push(new WeakRef(thing))
  }

  get size(): number {
    return this.#refs.length
  }

  /** Collects garbage until nothing is left, or the time is over. Returns the number that is left. */
  async left(ms = 5_000): Promise<number> {
    const deadline = performance.now() + ms
    for (;;) {
      // A deref() keeps its target until the job ends, so the collector runs in another job.
      await new Promise((done) => setTimeout(done, 10))
      gc()
      await new Promise((done) => setTimeout(done, 10))
      const left = this.#refs.filter((ref) => ref.deref() !== undefined).length
      if (left === 0 || performance.now() > deadline) return left
    }
  }
}

/** Collects garbage until a condition holds. */
export async function collectUntil(holds: () => boolean, ms = 5_000): Promise<boolean> {
  const deadline = performance.now() + ms
  for (;;) {
    gc()
    await new Promise((done) => setTimeout(done, 10))
    if (holds()) return true
    if (performance.now() > deadline) return false
  }
}

/** Keeps each request before the handler sees it, with the properties that an app adds to both; `/other` is not kept. */
export function noting(refs: Refs, handler: RequestListener): RequestListener {
  return (req, res) => {
    if (req.url === '/other') return void res.end()
    const hung = { user: 'x'.repeat(100) }
    Object.assign(req, { hung })
    Object.assign(res, { locals: hung })
    refs.add(req, res, hung)
    handler(req, res)
  }
}
