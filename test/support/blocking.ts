import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { KeepAliveOptions, Snapshot } from '../../src/index.ts'
import { within } from './within.ts'

const file = fileURLToPath(new URL('blocking-server.mjs', import.meta.url))

export interface BlockingServer {
  readonly port: number
  /** `undefined` on plain Node. */
  snapshot(): Promise<Snapshot | undefined>
}

/** A server in its own process; `GET /block/MS` blocks its event loop. */
export async function startBlocking(
  kit: 'plain' | 'kit',
  options: KeepAliveOptions,
): Promise<BlockingServer> {
  const child = fork(file, [kit, JSON.stringify(options)])
  onTestFinished(() => void child.kill('SIGKILL'))
  const told = <T>(what: string): Promise<T> =>
    within(10_000, what, new Promise((done) => child.once('message', (message) => done(message as T))))
  const { port } = await told<{ port: number }>('the server to listen')
  return {
    port,
    async snapshot() {
      const answer = told<{ snapshot: Snapshot | undefined }>('the snapshot')
      child.send('snapshot')
      return (await answer).snapshot
    },
  }
}
