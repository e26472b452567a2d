import { ratiosToBase, roundOrder, spread } from './stats.mjs'
import { SubjectProcess } from './subject-process.mjs'
import { load } from './wrk.mjs'

/** How long V8 may take to be done with optimising, in s: costs fall that long. */
const warmUp = 4

/** Load before each slice that is not counted, in s: the others' turns were a pause, after which V8 starts anew. */
const leadIn = 1

/**
 * Rounds until all processes are started anew. Two of the same code differ by more than what is looked for here:
 * that is to be averaged out, not to be taken for a result.
 */
const roundsPerLaunch = 3

/**
 * CPU per request of one subject.
 *
 * @typedef {object} CpuResult
 * @property {string} id
 * @property {import('./stats.mjs').Spread} cpu - µs per request, user and system
 * @property {import('./stats.mjs').Spread} [ratio] - to the base beside it; none for the base itself
 * @property {number} rate - requests per second, median
 */

/**
 * Measures a base and what is compared with it, side by side.
 *
 * @param {string} base
 * @param {readonly string[]} others
 * @param {{ rounds: number, seconds: number, onRound: (round: number) => void }} options
 * @returns {Promise<CpuResult[]>} the base first
 */
export async function measureCpu(base, others, { rounds, seconds, onRound }) {
  const ids = [base, ...others]
  const seen = new Map(ids.map((id) => [id, { costs: [], rates: [], ratios: [] }]))
  for (let round = 0; round < rounds; ) {
    await withProcesses(ids, async (processes) => {
      for (let left = roundsPerLaunch; left > 0 && round < rounds; left--, round++) {
        onRound(round)
        const slices = []
        for (const id of roundOrder(base, others, round)) {
          slices.push({ id, ...(await measureSlice(processes.get(id), seconds)) })
        }
        note(seen, slices)
      }
    })
  }
  return ids.map((id) => summary(id, seen.get(id)))
}

/**
 * Runs `use` on warm processes of the subjects. Each is warmed as soon as it listens: two full garbage collections
 * before the first requests, as in a process that sits idle for some seconds, leave `process.nextTick` slow for
 * good, and a request half as expensive again, whatever the subject.
 */
async function withProcesses(ids, use) {
  const processes = new Map()
  try {
    for (const id of ids) {
      const subject = await SubjectProcess.start(id)
      processes.set(id, subject)
      await load(subject.url, warmUp)
    }
    await use(processes)
  } finally {
    for (const subject of processes.values()) await subject.stop()
  }
}

async function measureSlice(subject, seconds) {
  await load(subject.url, leadIn)
  const before = await subject.cpu()
  const { requests, rate } = await load(subject.url, seconds)
  return { cost: ((await subject.cpu()) - before) / requests, rate }
}

function note(seen, slices) {
  for (const { id, cost, rate } of slices) {
    seen.get(id).costs.push(cost)
    seen.get(id).rates.push(rate)
  }
  for (const [id, ratio] of ratiosToBase(slices)) seen.get(id).ratios.push(ratio)
}

function summary(id, { costs, rates, ratios }) {
  const result = { id, cpu: spread(costs), rate: spread(rates).median }
  return ratios.length > 0 ? { ...result, ratio: spread(ratios) } : result
}
