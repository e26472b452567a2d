import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Child } from '../child.mjs'
import { spread } from '../stats.mjs'

/** Opened and closed before the measurement, so that code is compiled and tables have their size. */
const warmUp = 500

/** Descriptors that a process needs for itself. */
const reserve = 200

/** The maximum, if the system sets no limit. */
const mostTried = 50_000

/** Runs, each with new processes: heaps vary little. */
const mostRuns = 3

const variants = { kit: 'kit attached', caps: 'kit: maxRequests, maxAge, maxIdle' }

export const about = 'heap per idle connection that the kit adds to a bare server'

export const names = Object.keys(variants)

const bytes = ({ median }) => median.toFixed(0)

export const columns = [
  { heading: 'subject', cell: ({ subject }) => subject },
  { heading: '', cell: ({ subject }) => variants[subject] },
  { heading: 'connections', align: 'right', cell: ({ connections }) => connections.toLocaleString('en') },
  { heading: 'bare, bytes', align: 'right', cell: ({ bare }) => bytes(bare) },
  { heading: 'added, bytes', align: 'right', cell: ({ added }) => bytes(added) },
  {
    heading: 'quartiles',
    align: 'right',
    cell: ({ added: { q1, q3 } }) => `${q1.toFixed(0)}–${q3.toFixed(0)}`,
  },
  { heading: 'added, resident', align: 'right', cell: ({ resident }) => bytes(resident) },
  { heading: 'left when closed', align: 'right', cell: ({ left }) => bytes(left) },
  { heading: 'bar', align: 'right', cell: ({ bar }) => String(bar) },
]

/** The kit may add this much heap per idle connection, in bytes. */
const bar = 300

/**
 * Bytes per connection, at each number of connections.
 *
 * @returns {Promise<object[]>} `bare`: of a bare server; `added`: what the kit adds to it; `resident`: the same for the
 *   process's memory; `left`: what it adds after all have closed again, divided by the maximum number
 */
export async function measure({ ids, node, rounds, tell }) {
  const sizes = [1_000, 10_000, await limit()]
  // For repeated measurements the id contains a number too.
  const subjects = names.filter((name) => ids.some((id) => id.split('-')[0] === name))
  const runs = []
  for (let run = 0; run < Math.min(rounds, mostRuns); run++) {
    const heaps = {}
    for (const variant of ['bare', ...subjects]) {
      tell(`memory: ${variant}, run ${run + 1}`)
      heaps[variant] = await heapsOf(variant, node, sizes)
    }
    runs.push(heaps)
  }
  return subjects.flatMap((subject) =>
    sizes.map((connections) => compare(subject, connections, sizes.at(-1), runs)),
  )
}

/** The maximum number of connections of a process on this machine. */
async function limit() {
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -Hn'])
  const descriptors = stdout.trim() === 'unlimited' ? Number.POSITIVE_INFINITY : Number(stdout)
  return Math.min(descriptors - reserve, mostTried)
}

async function heapsOf(variant, node, sizes) {
  const server = await Child.start(new URL('server.mjs', import.meta.url), [variant], {
    node,
    flags: ['--expose-gc'],
  })
  const clients = await Child.start(new URL('clients.mjs', import.meta.url), [String(server.ready)], { node })
  try {
    await clients.ask({ count: warmUp, first: 0 })
    await clients.ask({ count: 0 })
    const heaps = { empty: await server.ask(0) }
    let open = 0
    for (const size of sizes) {
      open = await clients.ask({ count: size - open, first: open })
      heaps[size] = await server.ask(open)
    }
    await clients.ask({ count: 0 })
    return { ...heaps, closed: await server.ask(0) }
  } finally {
    await clients.stop()
    await server.stop()
  }
}

function compare(subject, connections, most, runs) {
  const of = (each) => spread(runs.map(each))
  const grown = (heaps, at, what, by) => (heaps[at][what] - heaps.empty[what]) / by
  const added = (at, what, by = connections) =>
    of((heaps) => grown(heaps[subject], at, what, by) - grown(heaps.bare, at, what, by))
  const result = {
    id: `${subject}-${connections}`,
    subject,
    connections,
    bare: of(({ bare }) => grown(bare, connections, 'heap', connections)),
    added: added(connections, 'heap'),
    resident: added(connections, 'resident'),
    left: added('closed', 'heap', most),
  }
  return { ...result, bar, value: result.added.median }
}
