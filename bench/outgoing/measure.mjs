import { Child } from '../child.mjs'
import { alternating, compare, spread } from '../stats.mjs'
import { clients } from './clients.mjs'

/** A slice: one client that sends, in ms. Short, so that what disturbs the machine disturbs both alike. */
const slice = 100

/** Requests before each slice that are not counted, in ms: the other's turn was a pause. */
const leadIn = 50

/** How long V8 may take to be done with optimizing, in ms. */
const warmUp = 2_000

/** What a request may cost with `trackOutgoing()`, in units of one without. */
const bar = 1.05

export const about = 'CPU per outgoing request with trackOutgoing(), beside the same client without'

export const names = Object.keys(clients).map(idOf)

export const columns = [
  { heading: 'client', cell: ({ id }) => id },
  { heading: '', cell: ({ id }) => clients[clientOf(id)].about },
  { heading: 'µs/request', align: 'right', cell: ({ cost }) => cost.median.toFixed(2) },
  { heading: 'ratio', align: 'right', cell: ({ ratio }) => ratio.median.toFixed(3) },
  {
    heading: 'quartiles',
    align: 'right',
    cell: ({ ratio }) => `${ratio.q1.toFixed(3)}–${ratio.q3.toFixed(3)}`,
  },
  { heading: 'bar', align: 'right', cell: () => bar.toFixed(2) },
]

function idOf(client) {
  return `outgoing-${client}`
}

function clientOf(id) {
  return id.replace('outgoing-', '')
}

/**
 * Measures clients, each beside itself.
 *
 * @param {{ ids: readonly string[], node?: string, rounds: number, seconds: number, tell: (text: string) => void }} options -
 *   seconds of requests that each process sends in a round
 */
export async function measure({ ids, node, rounds, seconds, tell }) {
  const server = await Child.start(new URL('server.mjs', import.meta.url), [], { node })
  const results = []
  try {
    for (const id of ids) {
      const seen = []
      for (let round = 0; round < rounds; round++) {
        tell(`${id}: round ${round + 1} of ${rounds}`)
        seen.push(await runPair(clientOf(id), server.ready, { node, round, seconds }))
      }
      const ratio = spread(seen.map((each) => each.ratio))
      results.push({ id, cost: spread(seen.map((each) => each.other)), ratio, bar, value: ratio.median })
    }
  } finally {
    await server.stop()
  }
  return results
}

/** Each round has processes of its own, and every other one starts them the other way round: two of the same code differ. */
async function runPair(client, port, { node, round, seconds }) {
  const start = (...tracked) =>
    Child.start(new URL('client.mjs', import.meta.url), [client, `${port}`, ...tracked], { node })
  const started = round % 2 === 0 ? [start(), start('tracked')] : [start('tracked'), start()].reverse()
  const [base, other] = await Promise.all(started)
  const slices = []
  try {
    for (const process of [base, other]) await process.ask(warmUp)
    for (const process of alternating(base, other, (seconds * 1_000) / slice)) {
      await process.ask(leadIn)
      slices.push(await process.ask(slice))
    }
  } finally {
    for (const process of [base, other]) await process.stop()
  }
  return compare(slices)
}
