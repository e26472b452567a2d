import type { IncomingMessage, ServerResponse } from 'node:http'
import { findingCodes, outgoingFindingCodes } from '../findings.ts'
import type { Kit } from '../kit/kit.ts'
import { timelineLines } from '../timeline.ts'
import { version } from '../version.ts'
import { assetOf, isAsset } from './assets.ts'
import { clientLines, readClientQuery } from './clients.ts'
import { findingPage } from './finding-page.ts'
import type { Hub } from './hub.ts'
import { findConnection, liveConnections, readLiveQuery } from './live.ts'
import type { ConnectionsAnswer, TimelineAnswer } from './messages.ts'
import { outgoingLines } from './outgoing.ts'
import { masked } from './report.ts'
import { sendAsset, sendHtml, sendJson, sendText } from './respond.ts'
import type { Source } from './source.ts'
import type { OtherWorkers } from './workers/others.ts'

/** What the resources are made from. */
export interface Parts {
  readonly kit: Kit
  readonly source: Source
  readonly hub: Hub
  /** `undefined` where the process is no worker of a cluster. */
  readonly others: OtherWorkers | undefined
}

type Resource = (
  parts: Parts,
  req: IncomingMessage,
  res: ServerResponse,
  params: URLSearchParams,
) => void | Promise<void>

/** What this worker answers from. */
type OwnParts = Pick<Parts, 'kit' | 'source'>

type OfOneWorker = (own: OwnParts, params: URLSearchParams) => unknown

/** What is known in one worker alone, and `undefined` where it cannot be told now: `worker=` says which one is asked. */
const ofOneWorker: ReadonlyMap<string, OfOneWorker> = new Map<string, OfOneWorker>([
  ['connections.json', connections],
  ['timeline.json', timeline],
  ['outgoing.json', () => ({ outgoing: outgoingLines() })],
])

/** The resources that are not files, by their name. */
const resources: ReadonlyMap<string, Resource> = new Map<string, Resource>([
  ['stream', stream],
  ['clients.json', clients],
  ...[...ofOneWorker.keys()].map((name): [string, Resource] => [
    name,
    (parts, req, res, params) => askOne(parts, name, req, res, params),
  ]),
  ['report.json', report],
  ...[...findingCodes, ...outgoingFindingCodes].map((code): [string, Resource] => [
    `${code}.html`,
    (_parts, req, res) => sendHtml(req, res, findingPage(code)),
  ]),
])

/** Searches of the live connections at once. */
const mostSearches = 8
let searches = 0

export function isResource(name: string): boolean {
  return isAsset(name) || resources.has(name)
}

/** Answers with a resource; false where there is none of that name. */
export async function answer(
  parts: Parts,
  name: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<boolean> {
  if (isAsset(name)) {
    sendAsset(req, res, await assetOf(name))
    return true
  }
  const resource = resources.get(name)
  if (!resource) return false
  const { url = '' } = req
  const at = url.indexOf('?')
  await resource(parts, req, res, new URLSearchParams(at < 0 ? '' : url.slice(at)))
  return true
}

/** What another worker asks this one for. */
export function answerWorker(own: OwnParts, question: string): unknown {
  const at = question.indexOf('?')
  const answerTo = ofOneWorker.get(question.slice(0, Math.max(0, at)))
  return answerTo ? answerTo(own, new URLSearchParams(question.slice(at))) : own.source.tell(question)
}

async function askOne(
  { kit, source, others }: Parts,
  name: string,
  req: IncomingMessage,
  res: ServerResponse,
  params: URLSearchParams,
): Promise<void> {
  const pid = Number(params.get('worker') ?? process.pid)
  const isOther = others && others.why === undefined && pid !== process.pid
  const answer = isOther
    ? await others.ask(pid, `${name}?${params}`)
    : await ofOneWorker.get(name)!({ kit, source }, params)
  if (answer) sendJson(req, res, answer)
  else
    sendText(req, res, 503, isOther ? `Worker ${pid} does not answer.` : 'Too many searches at once.', {
      'Retry-After': '1',
    })
}

async function stream({ hub, kit, source }: Parts, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const later = { 'Retry-After': '10' }
  await source.prepare()
  if (kit.draining) sendText(req, res, 503, 'The server is being drained.')
  else if (hub.isFull)
    sendText(req, res, 503, `${hub.size} viewers are here already, no more are let in.`, later)
  else if (req.method === 'HEAD') sendText(req, res, 200, '', { 'Content-Type': 'text/event-stream' })
  else hub.add(res)
}

async function clients(
  { source }: Parts,
  req: IncomingMessage,
  res: ServerResponse,
  params: URLSearchParams,
): Promise<void> {
  sendJson(req, res, clientLines(await source.clients(), readClientQuery(params)))
}

async function connections(
  { kit, source }: OwnParts,
  params: URLSearchParams,
): Promise<ConnectionsAnswer | undefined> {
  if (searches >= mostSearches) return undefined
  searches++
  try {
    return await liveConnections(kit, source.recent, readLiveQuery(params))
  } finally {
    searches--
  }
}

function timeline({ kit, source }: OwnParts, params: URLSearchParams): TimelineAnswer {
  const id = Number(params.get('id'))
  const events = kit.timeline(id)
  // Where the beginning is not kept any more, requests came before.
  const before = events?.[0]?.event === 'accepted' ? 0 : 1
  return {
    connection: findConnection(kit, source.recent, id) ?? null,
    lines: events ? timelineLines(events, before) : null,
  }
}

async function report({ kit, source }: Parts, req: IncomingMessage, res: ServerResponse): Promise<void> {
  await source.prepare()
  const { log: _, ...policy } = kit.policy
  sendJson(
    req,
    res,
    masked({
      kit: version,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      policy,
      findings: source.findings(),
      snapshot: { ...source.summary(), clients: await source.clients() },
    }),
  )
}
