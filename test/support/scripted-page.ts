import { assetOf, isAsset } from '../../src/dashboard/assets.ts'
import { clientLines, readClientQuery } from '../../src/dashboard/clients.ts'
import { findingPage } from '../../src/dashboard/finding-page.ts'
import { eventText } from '../../src/dashboard/hub.ts'
import type {
  ClientLine,
  ClientsAnswer,
  ConnectionLine,
  ConnectionsAnswer,
  Hello,
  WorkersLine,
} from '../../src/dashboard/messages.ts'
import { headers, sendAsset, sendHtml, sendJson, sendText } from '../../src/dashboard/respond.ts'
import type { SamplesByRange } from '../../src/dashboard/samples.ts'
import { type Finding, type FindingCode, findingCodes } from '../../src/findings.ts'
import type { KeepAliveOptions } from '../../src/policy/options.ts'
import { resolvePolicy } from '../../src/policy/policy.ts'
import type { Summary } from '../../src/stats/snapshot.ts'
import { listen, makeServer } from './server.ts'
import { snapshotOf } from './snapshots.ts'

/** What a scripted server sends. */
export interface Script {
  readonly options?: KeepAliveOptions
  readonly summary?: Summary
  readonly findings?: readonly Finding[]
  readonly history?: SamplesByRange
  readonly clients?: readonly ClientLine[]
  readonly connections?: readonly ConnectionLine[]
  readonly total?: number
  readonly timeline?: readonly string[]
  readonly workers?: WorkersLine
}

const isFinding = (name: string): boolean => findingCodes.some((code) => name === `${code}.html`)

/** The page with a server that always sends the same, so that the page can be compared with it. */
export async function scriptedPage(script: Script): Promise<string> {
  const { log: _, ...policy } = resolvePolicy(script.options)
  const hello: Hello = {
    kit: '1.2.3',
    node: 'v20.0.0',
    pid: 4_711,
    policy,
    history: script.history ?? [[], [], []],
    update: {
      ...(script.workers && { workers: script.workers }),
      summary: script.summary ?? snapshotOf(),
      findings: script.findings ?? [],
      page: { open: 1, requests: 3 },
      viewers: 1,
      draining: false,
    },
  }
  const other = { address: null, connections: 0, requests: 0, reused: 0, reasons: {}, lastSeen: 0 }
  const rows = script.clients ?? []
  const connections = script.connections ?? []
  const clients = (params: URLSearchParams): ClientsAnswer => {
    const answer = clientLines({ rows, other }, readClientQuery(params))
    // The marks are those of the script.
    return { ...answer, rows: answer.rows.map((row) => rows.find(({ address }) => address === row.address)!) }
  }
  const live: ConnectionsAnswer = {
    total: script.total ?? connections.length,
    matching: script.total ?? connections.length,
    offset: 0,
    rows: connections.slice(0, 100),
  }
  const server = await makeServer(async (req, res) => {
    const { pathname, searchParams } = new URL(req.url!, 'http://page')
    const name = pathname.slice(1)
    if (isAsset(name)) sendAsset(req, res, await assetOf(name))
    else if (name === 'clients.json') sendJson(req, res, clients(searchParams))
    else if (name === 'connections.json') sendJson(req, res, live)
    else if (name === 'timeline.json')
      sendJson(req, res, { connection: connections[0] ?? null, lines: script.timeline ?? [] })
    else if (name === 'outgoing.json') sendJson(req, res, { outgoing: null })
    else if (name === 'report.json') sendJson(req, res, hello)
    else if (isFinding(name)) sendHtml(req, res, findingPage(name.replace('.html', '') as FindingCode))
    else if (name === 'stream') {
      res.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream' })
      res.write(eventText('hello', hello))
      // The same once a second, because a live server always has something to send.
      const timer = setInterval(() => res.write(eventText('update', hello.update)), 1_000)
      res.on('close', () => clearInterval(timer))
    } else sendText(req, res, 404, 'nothing')
  })
  return `http://127.0.0.1:${await listen(server)}/`
}
