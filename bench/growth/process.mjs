// What grows with the number of connections, for one number: node --expose-gc process.mjs
import { setTimeout as sleep } from 'node:timers/promises'
import { serveParent } from '../child.mjs'
import { quantile } from '../stats.mjs'
import { SyntheticKit } from './kit.mjs'

/** So many more are opened, whatever the number. */
const newcomers = 1_000

/** Snapshots that are taken, after as many to warm up. */
const snapshots = 100

/** How long V8 goes on sweeping after a collection, on threads of its own, in ms: the longer the larger the heap is. */
const sweeping = 500

/** CPU time of a piece of work, in µs for each of `count`. */
async function costPer(count, work) {
  globalThis.gc()
  await sleep(sweeping)
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

async function until(holds) {
  const end = performance.now() + 60_000
  while (!holds()) {
    if (performance.now() > end) throw new Error('waited for 60 s in vain')
    await sleep(10)
  }
}

/** Code compiled, at a small number. */
async function warmUp() {
  for (let i = 0; i < 3; i++) {
    const { kit } = await idle({}, 1_000)
    for (let j = 0; j < snapshots; j++) kit.snapshot()
    await kit.drain({ timeout: 60_000 })
    await evict(1_000)
  }
}

async function idle(options, count) {
  const synthetic = new SyntheticKit(options)
  await synthetic.openIdle(count)
  return synthetic
}

/** Per evicted connection, in µs: the opening of the one that came for it, the look, the close, the record's end. */
async function evict(count) {
  const synthetic = await idle({ maxIdle: count }, count)
  return costPer(newcomers, async () => {
    await synthetic.openIdle(newcomers)
    await until(() => synthetic.open <= count)
  })
}

const measurements = {
  /** One snapshot, in ms. */
  async snapshot(count) {
    const { kit } = await idle({}, count)
    const times = []
    for (let i = 0; i < 2 * snapshots; i++) {
      const before = performance.now()
      kit.snapshot()
      if (i >= snapshots) times.push(performance.now() - before)
    }
    return quantile(times, 0.5)
  },

  /** The same with as many rows of clients as there may be. */
  async 'snapshot-clients'(count) {
    const { kit } = await idle({ clients: 10_000 }, count)
    const times = []
    for (let i = 0; i < snapshots; i++) {
      const before = performance.now()
      kit.snapshot()
      times.push(performance.now() - before)
    }
    return quantile(times, 0.5)
  },

  eviction: evict,

  /** Per connection of a client that is not in the table, from its accept to its first answer, in µs. */
  async clients(count) {
    const synthetic = await idle({}, count)
    return costPer(newcomers, () => synthetic.openIdle(newcomers))
  },

  /** Per connection, in µs. */
  async drain(count) {
    const { kit } = await idle({}, count)
    return costPer(count, () => kit.drain({ timeout: 120_000 }))
  },
}

await warmUp()
serveParent('ready', ({ id, count }) => measurements[id](count))
