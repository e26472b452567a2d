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

/** Things that the garbage collector should take, held weakly. */
export class Refs {
  readonly #refs: WeakRef<object>[] = []

  add(...things: readonly object[]): void {
    for (const thing of things) this.#refs.push(new WeakRef(thing))
  }

  get size(): number {
    return this.#refs.length
  }

  /** Collects garbage until nothing is left, or the time is over. Returns how many are left. */
  async left(ms = 5_000): Promise<number> {
    const deadline = performance.now() + ms
    for (;;) {
      // A deref() keeps its target until the job ends: the collector runs in a job of its own.
      await new Promise((done) => setTimeout(done, 10))
      gc()
      await new Promise((done) => setTimeout(done, 10))
      const left = this.#refs.filter((ref) => ref.deref() !== undefined).length
      if (left === 0 || performance.now() > deadline) return left
    }
  }
}

/** Collects garbage until something holds. */
export async function collectUntil(holds: () => boolean, ms = 5_000): Promise<boolean> {
  const deadline = performance.now() + ms
  for (;;) {
    gc()
    await new Promise((done) => setTimeout(done, 10))
    if (holds()) return true
    if (performance.now() > deadline) return false
  }
}

/** Notes each request before the handler sees it, with what an app hangs on both; `/other` is answered unnoted. */
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
