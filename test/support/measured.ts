import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { KeepAliveOptions } from '../../src/index.ts'
import type { Snapshot } from '../../src/stats/snapshot.ts'
import { within } from './within.ts'

const file = fileURLToPath(new URL('measured-instance.mjs', import.meta.url))

/** A server process with the kit and its Prometheus metrics. */
export interface MeasuredInstance {
  readonly port: number
  readonly metricsPort: number
  snapshot(): Promise<Snapshot>
}

export async function startMeasured(options: KeepAliveOptions): Promise<MeasuredInstance> {
  const child = fork(file, [JSON.stringify(options)])
  onTestFinished(() => void child.kill('SIGKILL'))
  const told = <T>(what: string): Promise<T> =>
    within(10_000, what, new Promise((done) => child.once('message', (message) => done(message as T))))
  const ports = await told<{ port: number; metricsPort: number }>('the instance to listen')
  return {
    ...ports,
    snapshot() {
      const answer = told<Snapshot>('the snapshot')
      child.send('snapshot')
      return answer
    },
  }
}
