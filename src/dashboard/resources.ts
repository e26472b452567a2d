import type { IncomingMessage, ServerResponse } from 'node:http'
import { findingCodes } from '../findings.ts'
import type { Kit } from '../kit/kit.ts'
import { timelineLines } from '../timeline.ts'
import { version } from '../version.ts'
import { assetOf, isAsset } from './assets.ts'
import { clientLines, readClientQuery } from './clients.ts'
import { findingPage } from './finding-page.ts'
import type { Hub } from './hub.ts'
import { findConnection, liveConnections, readLiveQuery } from './live.ts'
import type { TimelineAnswer } from './messages.ts'
import { masked } from './report.ts'
import { sendAsset, sendHtml, sendJson, sendText } from './respond.ts'
import type { Source } from './source.ts'

/** What the resources are made from. */
export interface Parts {
  readonly kit: Kit
  readonly source: Source
  readonly hub: Hub
}

type Resource = (
  parts: Parts,
  req: IncomingMessage,
  res: ServerResponse,
  params: URLSearchParams,
) => void | Promise<void>

/** The resources that are not files, by their name. */
const resources: ReadonlyMap<string, Resource> = new Map<string, Resource>([
  ['stream', stream],
  ['clients.json', clients],
  ['connections.json', connections],
  ['timeline.json', timeline],
  ['report.json', report],
  ...findingCodes.map((code): [string, Resource] => [
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

function stream({ hub, kit }: Parts, req: IncomingMessage, res: ServerResponse): void {
  const later = { 'Retry-After': '10' }
  if (kit.draining) sendText(req, res, 503, 'The server is being drained.')
  else if (hub.isFull)
    sendText(req, res, 503, `${hub.size} viewers are here already, no more are let in.`, later)
  else if (req.method === 'HEAD') sendText(req, res, 200, '', { 'Content-Type': 'text/event-stream' })
  else hub.add(res)
}

function clients(
  { source }: Parts,
  req: IncomingMessage,
  res: ServerResponse,
  params: URLSearchParams,
): void {
  sendJson(req, res, clientLines(source.clients(), readClientQuery(params)))
}

async function connections(
  { kit, source }: Parts,
  req: IncomingMessage,
  res: ServerResponse,
  params: URLSearchParams,
): Promise<void> {
  if (searches >= mostSearches) {
    sendText(req, res, 503, 'Too many searches at once.', { 'Retry-After': '1' })
    return
  }
  searches++
  try {
    sendJson(req, res, await liveConnections(kit, source.recent, readLiveQuery(params)))
  } finally {
    searches--
  }
}

function timeline(
  { kit, source }: Parts,
  req: IncomingMessage,
  res: ServerResponse,
  params: URLSearchParams,
): void {
  const id = Number(params.get('id'))
  const events = kit.timeline(id)
  // Where the beginning is not kept any more, requests came before.
  const before = events?.[0]?.event === 'accepted' ? 0 : 1
  const answer: TimelineAnswer = {
    connection: findConnection(kit, source.recent, id) ?? null,
    lines: events ? timelineLines(events, before) : null,
  }
  sendJson(req, res, answer)
}

function report({ kit, source }: Parts, req: IncomingMessage, res: ServerResponse): void {
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
      snapshot: { ...source.summary(), clients: source.clients() },
    }),
  )
}
