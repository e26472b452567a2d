import type { Worker } from 'node:cluster'

/** How much longer than their own drain the workers are waited for, in ms. */
const margin = 2_000

const cluster = (): typeof import('node:cluster').default =>
  process.getBuiltinModule('node:cluster') as unknown as typeof import('node:cluster').default

/** Calls back at the first worker of `node:cluster`. */
export function watchWorkers(forked: () => void): void {
  if (cluster().isPrimary) cluster().once('fork', forked)
}

/**
 * The primary of a cluster gets the signal of Kubernetes, Docker and systemd, and the workers do not: it passes the signal
 * on and waits for their end.
 *
 * @param timeout - what the workers have for their drain, in ms.
 */
export function drainWorkers(signal: NodeJS.Signals, timeout: number): Promise<void> | undefined {
  if (!cluster().isPrimary) return undefined
  const alive = Object.values(cluster().workers ?? {}).filter((worker) => worker !== undefined)
  if (alive.length === 0) return undefined
  const stopped: Worker[] = []
  // The app forks another worker for each that has ended. It would take connections, and lose them a moment later.
  const stop = (worker: Worker): void => {
    stopped.push(worker)
    send(worker, 'SIGSTOP')
  }
  cluster().on('fork', stop)
  const ends = alive.map((worker) => {
    // So an app that looks at it knows that the worker was to end, and forks no other.
    worker.exitedAfterDisconnect = true
    const end = new Promise((done) => worker.once('exit', done))
    send(worker, signal)
    return end
  })
  return firstOf(Promise.all(ends), timeout + margin).then(() => {
    cluster().off('fork', stop)
    for (const worker of stopped) send(worker, 'SIGKILL')
  })
}

/** A worker may have ended meanwhile; Windows knows no SIGSTOP. */
function send(worker: Worker, signal: NodeJS.Signals): void {
  try {
    worker.process.kill(signal)
  } catch {}
}

function firstOf(promise: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms)
    void promise.then(() => {
      clearTimeout(timer)
      done()
    })
  })
}
