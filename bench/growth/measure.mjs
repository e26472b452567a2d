import { Child } from '../child.mjs'
import { spread } from '../stats.mjs'

const sizes = [1_000, 10_000, 100_000]

/** Maximum number of processes: these results vary little. */
const mostRuns = 5

const flags = ['--expose-gc', '--max-old-space-size=4096']

const kinds = {
  snapshot: { about: 'one snapshot, 1,000 rows of clients', unit: 'ms', bar: 2 },
  'snapshot-clients': { about: 'one snapshot, `clients` at its max: 10,000 rows', unit: 'ms' },
  eviction: { about: 'CPU per evicted connection, and the one that came for it', unit: 'µs', growth: 2 },
  clients: { about: 'CPU to open one and answer it, each of a client not in the full table', unit: 'µs' },
  drain: { about: 'CPU per connection of a drain', unit: 'µs' },
}

export const about = 'what could grow with the number of connections: synthetic ones, without a network'

export const names = Object.keys(kinds)

export const columns = [
  { heading: 'subject', cell: ({ id }) => id },
  { heading: '', cell: ({ id }) => kinds[id].about },
  ...sizes.map((size) => ({
    heading: size.toLocaleString('en'),
    align: 'right',
    cell: ({ id, at }) => `${at[size].median.toFixed(2)} ${kinds[id].unit}`,
  })),
  { heading: 'bar', cell: ({ id }) => barText(kinds[id]) },
]

function barText({ bar, growth, unit }) {
  if (growth) return `${growth} × from first to last`
  return bar ? `${bar} ${unit} at the last` : ''
}

/**
 * @returns {Promise<object[]>} `at`: by number of connections; `value`: the last of them, or, if the bar is on growth, the
 *   last divided by the first
 */
export async function measure({ ids, node, rounds, tell }) {
  const seen = new Map(ids.map((id) => [id, new Map(sizes.map((size) => [size, []]))]))
  for (let run = 0; run < Math.min(rounds, mostRuns); run++) {
    for (const size of sizes) {
      const child = await Child.start(new URL('process.mjs', import.meta.url), [], { node, flags })
      for (const id of ids) {
        tell(`growth: ${id} at ${size}, run ${run + 1}`)
        seen
          .get(id)
          .get(size)
          .push(await child.ask({ id, count: size }))
      }
      await child.stop()
    }
  }
  return ids.map((id) => summary(id, seen.get(id)))
}

function summary(id, bySize) {
  const at = Object.fromEntries(Array.from(bySize, ([size, numbers]) => [size, spread(numbers)]))
  const first = at[sizes[0]].median
  const last = at[sizes.at(-1)].median
  const { bar, growth } = kinds[id]
  if (growth) return { id, at, bar: growth, value: last / first }
  return bar ? { id, at, bar, value: last } : { id, at }
}
