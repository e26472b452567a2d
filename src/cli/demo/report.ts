import type { ClosedConnection } from '../../closed.ts'
import { percent } from '../../words.ts'
import { type Column, table } from '../table.ts'
import { paint } from './paint.ts'

/** What one client did. */
interface Client {
  readonly name: string
  connections: number
  requests: number
  reused: number
  readonly closedBy: Map<string, number>
  readonly reasons: Map<string, number>
}

/** From so many connections on, a client that never reused one is named. */
const fewest = 10

/** Adds closed records up by client, and puts them in a table and in words. */
export class ClientReport {
  readonly #names = new Map<number, string>()
  readonly #clients = new Map<string, Client>()

  /** A request by that client came by that connection. */
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

  /** The table in the order of `names`, and a sentence for each client that never reuses. */
  lines(names: readonly string[]): string[] {
    const clients = names.flatMap((name) => this.#clients.get(name) ?? [])
    const [headings = '', ...rows] = table(columns, clients)
    return ['', paint('bold', headings), ...rows, '', ...clients.flatMap(neverReuses)]
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

const columns: readonly Column<Client>[] = [
  { heading: 'client', cell: ({ name }) => name },
  { heading: 'connections', align: 'right', cell: ({ connections }) => String(connections) },
  { heading: 'requests', align: 'right', cell: ({ requests }) => String(requests) },
  {
    heading: 'reused',
    align: 'right',
    cell: ({ reused, requests }) => (requests === 0 ? '–' : percent(reused / requests)),
  },
  { heading: 'closed by', cell: ({ closedBy }) => list(closedBy) },
  { heading: 'why', cell: ({ reasons }) => list(reasons) },
]

const list = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, count]) => `${name} ${count}`).join(', ')

function neverReuses({ name, connections, requests, reused }: Client): string[] {
  if (reused > 0 || connections < fewest) return []
  const sentence = `"${name}" never reuses: ${connections} connections for ${requests} requests, a TCP handshake each.`
  return [
    paint('yellow', `${sentence} Make its client object once and keep it, as undici's pool above does.`),
  ]
}
