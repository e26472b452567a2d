import { SingleBar } from 'cli-progress'

/** A bar on stderr that says what the command waits for; silent where stderr is no terminal. */
export interface Progress {
  /** @param done - of the total. */
  update(done: number, waitingFor: string): void
  /** Removes the bar, so that the next output stands alone. */
  stop(): void
}

/** @param total - in any unit: ms, bytes, requests. */
export function startProgress(total: number): Progress {
  if (!process.stderr.isTTY) return { update() {}, stop() {} }
  const bar = new SingleBar({
    format: '{bar} {percentage}% {waitingFor}',
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
    stream: process.stderr,
  })
  bar.start(total, 0, { waitingFor: '' })
  return {
    update: (done, waitingFor) => bar.update(Math.min(done, total), { waitingFor }),
    stop: () => bar.stop(),
  }
}
