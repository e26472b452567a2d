import type { ClosedConnection } from '../../closed.ts'
import { count, percent } from '../../words.ts'
import { type Judgment, judgmentLines, remedyLines } from '../answer.ts'
import type { Look } from '../look.ts'
import { type Column, table } from '../table.ts'

/** What one client did. */
interface Client {
  readonly name: string
  connections: number
  requests: number
  reused: number
  readonly closedBy: Map<string, number>
  readonly reasons: Map<string, number>
}

/** A client with fewer connections is not said to never reuse them. */
const fewestConnections = 10

/** Adds closed records up by client, and reports them. */
export class ClientReport {
  readonly #names = new Map<number, string>()
  readonly #clients = new Map<string, Client>()

  /** Notes which client uses a connection. */
  saw(connection: number, client: string): void {
    this.#names.set(connection, client)
  }

  closed({ id, requests, reused, closedBy, reason }: ClosedConnection): void {
    const client = this.#clientOf(id)
    client.connections++
    client.requests += requests
    client.reused += reused
    client.closedBy.set(closedBy, (client.closedBy.get(closedBy) ?? 0) + 1)
    client.reasons.set(reason, (client.reasons.get(reason) ?? 0) + 1)
  }

  /** The judgment, a table in the order of `names`, and what to do about each client that never reuses. */
  lines(names: readonly string[], look: Look): string[] {
    const clients = names.flatMap((name) => this.#clients.get(name) ?? [])
    const wasteful = clients.filter(neverReuses)
    return [
      '',
      ...judgmentLines(judge(clients, wasteful), look),
      '',
      ...table(columns, clients, look),
      ...remedyLines(
        wasteful.map(
          ({ name }) => `In "${name}", make the client object once and keep it, as undici's pool above does.`,
        ),
        look,
      ),
    ]
  }

  #clientOf(connection: number): Client {
    const name = this.#names.get(connection) ?? '(no request)'
    this.#names.delete(connection)
    let client = this.#clients.get(name)
    if (!client) {
      client = { name, connections: 0, requests: 0, reused: 0, closedBy: new Map(), reasons: new Map() }
      this.#clients.set(name, client)
    }
    return client
  }
}

function judge(clients: readonly Client[], wasteful: readonly Client[]): Judgment {
  if (wasteful.length === 0)
    return { tone: 'good', word: 'PASS', text: `each of ${count(clients.length, 'client')} does well.` }
  const sentences = wasteful.map(
    ({ name, connections, requests }) =>
      `"${name}" never reuses a connection: ${connections} connections for ${requests} requests, a TCP handshake each.`,
  )
  return { tone: 'doubtful', word: 'WARNING', text: sentences.join(' ') }
}

const columns: readonly Column<Client>[] = [
  { heading: 'client', cell: ({ name }) => name, overflow: 'wrap' },
  { heading: 'connections', align: 'right', cell: ({ connections }) => String(connections) },
  { heading: 'requests', align: 'right', cell: ({ requests }) => String(requests) },
  {
    heading: 'reused',
    align: 'right',
    cell: ({ reused, requests }) => (requests === 0 ? '–' : percent(reused / requests)),
    style: (client) => (neverReuses(client) ? 'yellow' : undefined),
  },
  { heading: 'closed by', cell: ({ closedBy }) => list(closedBy), overflow: 'wrap', optional: true },
  { heading: 'why', cell: ({ reasons }) => list(reasons), overflow: 'wrap' },
]

const list = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, times]) => `${name} ${times}`).join(', ')

const neverReuses = ({ connections, reused }: Client): boolean =>
  reused === 0 && connections >= fewestConnections
