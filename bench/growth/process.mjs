// What grows with the number of connections, for one number: node --expose-gc process.mjs
import { setTimeout as sleep } from 'node:timers/promises'
import { serveParent } from '../child.mjs'
import { quantile } from '../stats.mjs'
import { SyntheticKit } from './kit.mjs'

/** This many more are opened, for any number. */
const newcomers = 1_000

/** Number of snapshots, after the same number to warm up. */
const snapshots = 100

/** How long V8 sweeps after a collection on other threads, in ms; longer for a larger heap. */
const sweeping = 500

/** CPU time of a piece of work, in µs per item of `count`. */
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

/** Compiles the code, with a small number. */
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

/** Per evicted connection, in µs: opening the connection that causes it, the last look, the close, the end of the record. */
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

  /** The same with the maximum number of client rows. */
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

  /** Per connection of a client that is not in the table, from accept to the first answer, in µs. */
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
