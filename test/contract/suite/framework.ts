import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { Readable } from 'node:stream'
import type { KeepAlive } from '../../../src/index.ts'
import { makeServer } from '../../support/server.ts'

/** What an app answers. */
export interface Answer {
  readonly status: number
  readonly body?: string | Readable
}

/** What every app under the contract answers with; `undefined` is for the framework's own 404. May throw. */
export type Answers = (req: IncomingMessage) => Answer | undefined

/** A framework under the contract. */
export interface Framework {
  readonly attaches: 'at the first request' | 'when the app is made'
  /** A server with an app on it that gives the answers, with or without a kit; not listening yet. */
  build(answers: Answers, kit: KeepAlive | undefined, tls: boolean): Promise<Server>
}

/** For frameworks whose app is a request listener. */
export function onNode(
  listener: (answers: Answers, kit: KeepAlive | undefined) => RequestListener,
): Framework['build'] {
  return (answers, kit, tls) => makeServer(listener(answers, kit), tls)
}
