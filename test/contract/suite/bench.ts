import type { Server } from 'node:http'
import type { ClosedConnection, KeepAlive, KeepAliveOptions } from '../../../src/index.ts'
import { makeKit } from '../../support/kit.ts'
import { RawClient } from '../../support/raw.ts'
import { listen } from '../../support/server.ts'
import { makeAnswers } from './answers.ts'
import type { Framework } from './framework.ts'

/** A framework's app, listening. */
export interface Running {
  readonly server: Server
  readonly port: number
  /** The URLs of the requests that reached the app. */
  readonly served: readonly string[]
  client(): Promise<RawClient>
}

/** One, with a kit of its own. */
export interface RunningWithKit extends Running {
  readonly kit: KeepAlive
  nextClosed(): Promise<ClosedConnection>
}

/** Starts apps of one framework, over http or over https. */
export class Bench {
  readonly framework: Framework
  readonly tls: boolean

  constructor(framework: Framework, tls: boolean) {
    this.framework = framework
    this.tls = tls
  }

  /** An app with a kit that has no jitter. */
  async start(options: Omit<KeepAliveOptions, 'log'> = {}): Promise<RunningWithKit> {
    const { kit, nextClosed } = makeKit(options)
    return { ...(await this.startWith(kit)), kit, nextClosed }
  }

  async startWith(kit: KeepAlive | undefined): Promise<Running> {
    const { answers, served } = makeAnswers()
    const server = await this.framework.build(answers, kit, this.tls)
    const port = await listen(server)
    return { server, port, served, client: () => RawClient.open({ port, tls: this.tls }) }
  }
}
