import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '../child.mjs'
import { checkAnswers, H2load } from '../h2load.mjs'
import { alternating, compare, spread } from '../stats.mjs'
import { Wrk } from '../wrk.mjs'
import { subjects, trafficOf } from './subjects.mjs'

/** A slice: one subject under load, in ms. It is short, so that disturbances affect base and subject alike. */
const slice = 100

/** Load before each slice that does not count, in ms, because the server had a pause. */
const leadIn = 50

/** How long V8 may take to finish optimizing, in ms: costs fall during this time. */
const warmUp = 3_000

export const about = 'CPU per request: the kit and its peers, each beside the same server without'

export const names = Object.keys(subjects)

export const columns = [
  { heading: 'subject', cell: ({ id }) => id },
  { heading: '', cell: ({ id }) => subjects[id].about },
  { heading: 'µs/request', align: 'right', cell: ({ cost }) => cost.median.toFixed(2) },
  { heading: 'ratio', align: 'right', cell: ({ ratio }) => ratio?.median.toFixed(3) ?? '1' },
  {
    heading: 'quartiles',
    align: 'right',
    cell: ({ ratio }) => (ratio ? `${ratio.q1.toFixed(3)}–${ratio.q3.toFixed(3)}` : ''),
  },
  { heading: 'bar', align: 'right', cell: ({ bar }) => bar?.toFixed(2) ?? '' },
]

/**
 * CPU per request of one subject.
 *
 * @typedef {object} CpuResult
 * @property {string} id
 * @property {import('../stats.mjs').Spread} cost - µs per request, user and system
 * @property {import('../stats.mjs').Spread} [ratio] - relative to the base; none for the base itself
 * @property {number} [bar]
 * @property {number} [value] - compared with the bar: the median of the ratio
 */

/**
 * Measures subjects, each beside its base.
 *
 * @param {{ ids: readonly string[], node?: string, rounds: number, seconds: number, tell: (text: string) => void }} options -
 *   seconds of load that each subject gets in a round
 * @returns {Promise<CpuResult[]>} each base before those that are compared with it
 */
export async function measure({ ids, ...options }) {
  const bases = new Set(ids.map((id) => subjects[id].base ?? id))
  const results = []
  for (const base of bases) {
    const others = ids.filter((id) => subjects[id].base === base)
    results.push(...(await measureBeside(base, others, options)))
  }
  return results
}

async function measureBeside(base, others, { node, rounds, seconds, tell }) {
  const costs = new Map([base, ...others].map((id) => [id, []]))
  const ratios = new Map(others.map((id) => [id, []]))
  for (let round = 0; round < rounds; round++) {
    // A base without subjects is compared with itself.
    for (const other of others.length > 0 ? others : [base]) {
      tell(`${other}: round ${round + 1} of ${rounds}`)
      const seen = await runPair(base, other, { node, round, seconds })
      costs.get(base).push(seen.base)
      if (other === base) continue
      costs.get(other).push(seen.other)
      ratios.get(other).push(seen.ratio)
    }
  }
  return [base, ...others].map((id) => summary(id, { costs: costs.get(id), ratios: ratios.get(id) ?? [] }))
}

/**
 * Two processes of the same code differ by some percent. This must average out and not look like a result. So each round has
 * new processes, and every other round starts them in the opposite order.
 */
async function runPair(base, other, { node, round, seconds }) {
  const starts = [base, other]
  if (round % 2 === 1) starts.reverse()
  const perSecond = 1_000 / slice
  const slices = []
  await withSubjects(starts, node, async (running) => {
    const [first, second] = round % 2 === 1 ? running.toReversed() : running
    for (const [i, subject] of alternating(first, second, seconds * perSecond).entries())
      slices.push(await subject.slice((i >> 1) % perSecond === 0))
  })
  return compare(slices)
}

/**
 * Runs `use` on warm subjects. Each is warmed as soon as it listens. Two full garbage collections before the first requests, as
 * in a process that is idle for some seconds, would leave `process.nextTick` slow for good, and make a request of any subject
 * half as expensive again.
 */
async function withSubjects(ids, node, use) {
  const running = []
  try {
    for (const id of ids) running.push(await Subject.start(id, node))
    await use(running)
  } finally {
    for (const subject of running) await subject.stop()
  }
}

/** A subject in its own process, and its load. */
class Subject {
  #server
  #load
  #metrics

  static async start(id, node) {
    const subject = new Subject()
    const { tls, h2, closes, scraped, path = '/' } = trafficOf(id)
    subject.#server = await Child.start(new URL('server.mjs', import.meta.url), [id], { node })
    const origin = `${tls ? 'https' : 'http'}://127.0.0.1:${subject.#server.ready}`
    if (scraped) subject.#metrics = `${origin}/metrics`
    if (h2) await checkAnswers(origin + path)
    // A middleware attaches at the first request. The load comes by connections after it, as most do.
    else if (!tls) await (await fetch(origin + path)).arrayBuffer()
    subject.#load = h2 ? new H2load(origin + path) : new Wrk(origin + path, closes)
    await sleep(warmUp / 2)
    // After the first one, V8 optimizes again what it knew only from small answers.
    await subject.#scrape()
    await sleep(warmUp / 2)
    subject.#load.pause()
    return subject
  }

  async #scrape() {
    if (this.#metrics) await (await fetch(this.#metrics)).text()
  }

  /** @param {boolean} isDue - whether it is time for a scrape */
  async slice(isDue) {
    this.#load.resume()
    await sleep(leadIn)
    const before = await this.#server.ask('usage')
    const scrape = isDue && this.#scrape()
    await sleep(slice)
    await scrape
    const after = await this.#server.ask('usage')
    this.#load.pause()
    return { cpu: after.cpu - before.cpu, requests: after.requests - before.requests }
  }

  async stop() {
    await this.#load.stop()
    await this.#server.stop()
  }
}

function summary(id, { costs, ratios }) {
  const result = { id, cost: spread(costs) }
  if (ratios.length === 0) return result
  const ratio = spread(ratios)
  const { bar } = subjects[id]
  return { ...result, ratio, ...(bar && { bar, value: ratio.median }) }
}
