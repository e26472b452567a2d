import { Child } from '../child.mjs'
import { spread } from '../stats.mjs'

/** How long V8 may take to finish optimizing, in s. */
const warmUp = 2

const manners = {
  http: { about: 'http, kept alive', server: 'http-kit', scheme: 'http', manner: 'keep' },
  'http-close': {
    about: 'http, a connection per request',
    server: 'http-kit',
    scheme: 'http',
    manner: 'close',
  },
  https: { about: 'https, kept alive', server: 'https-kit', scheme: 'https', manner: 'keep' },
  'https-close': {
    about: 'https, a connection and a full handshake per request',
    server: 'https-kit',
    scheme: 'https',
    manner: 'close',
  },
}

export const about =
  'what reuse is worth: 16 clients, each sending one request after the other, with and without'

export const names = Object.keys(manners)

const median = (name, digits) => (result) => result[name].median.toFixed(digits)

export const columns = [
  { heading: 'clients', cell: ({ id }) => manners[id].about },
  { heading: 'requests/s', align: 'right', cell: median('rate', 0) },
  { heading: 'latency p50, ms', align: 'right', cell: median('p50', 2) },
  { heading: 'p90', align: 'right', cell: median('p90', 2) },
  { heading: 'p99', align: 'right', cell: median('p99', 2) },
  { heading: 'server CPU, µs/request', align: 'right', cell: median('serverCpu', 0) },
  { heading: "clients' CPU", align: 'right', cell: median('cpu', 0) },
]

/**
 * Latencies start when the client wants an answer, so they include connecting and the handshake.
 *
 * @returns {Promise<object[]>} spreads over the rounds
 */
export async function measure({ ids, node, rounds, seconds, tell }) {
  const pairs = new Map()
  try {
    for (const id of ids) {
      tell(`${id}: starting`)
      pairs.set(id, await Pair.start(manners[id], node))
    }
    const seen = new Map(ids.map((id) => [id, []]))
    for (let round = 0; round < rounds; round++) {
      for (const id of ids) {
        tell(`${id}: round ${round + 1} of ${rounds}`)
        seen.get(id).push(await pairs.get(id).load(seconds))
      }
    }
    return ids.map((id) => ({ id, ...spreads(seen.get(id)) }))
  } finally {
    for (const pair of pairs.values()) await pair.stop()
  }
}

/** A server and its clients, each in its own process. */
class Pair {
  #server
  #clients

  static async start({ server, scheme, manner }, node) {
    const pair = new Pair()
    pair.#server = await Child.start(new URL('../cpu/server.mjs', import.meta.url), [server], { node })
    const args = [String(pair.#server.ready), scheme, manner]
    pair.#clients = await Child.start(new URL('clients.mjs', import.meta.url), args, { node })
    await pair.load(warmUp)
    return pair
  }

  async load(seconds) {
    const before = await this.#server.ask('usage')
    const seen = await this.#clients.ask(seconds)
    const after = await this.#server.ask('usage')
    return { ...seen, serverCpu: (after.cpu - before.cpu) / (after.requests - before.requests) }
  }

  async stop() {
    await this.#clients.stop()
    await this.#server.stop()
  }
}

function spreads(rounds) {
  return Object.fromEntries(
    Object.keys(rounds[0]).map((name) => [name, spread(rounds.map((round) => round[name]))]),
  )
}
