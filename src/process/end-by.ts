import { constants } from 'node:os'

/**
 * Ends the process with a signal for which it has no listener. Linux does not end process 1, the first process of a
 * container, by a signal without a handler (kill(2)). So that process exits, with the exit code that a shell reports.
 */
export function endBy(
  signal: NodeJS.Signals,
  host: Pick<NodeJS.Process, 'pid' | 'kill' | 'exit'> = process,
): void {
  if (host.pid === 1) host.exit(128 + constants.signals[signal])
  else host.kill(host.pid, signal)
}
