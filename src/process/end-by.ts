import { constants } from 'node:os'

/**
 * Ends the process by a signal that it has no listener for. The first process of a container would live on: Linux ends
 * process 1 by no signal that it has no handler for (kill(2)). So that one exits, with the status that a shell gives.
 */
export function endBy(
  signal: NodeJS.Signals,
  host: Pick<NodeJS.Process, 'pid' | 'kill' | 'exit'> = process,
): void {
  if (host.pid === 1) host.exit(128 + constants.signals[signal])
  else host.kill(host.pid, signal)
}
