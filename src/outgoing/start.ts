import { registeredOutgoing, setRegistered } from './registered.ts'
import { trackOutgoing } from './track.ts'

/** Call sites that the tracker of the process keeps for each origin. */
const sites = 5

/** Starts the tracker of the process, unless there is one already. */
export function startOutgoing(): void {
  if (!registeredOutgoing()) setRegistered(trackOutgoing({ sites }))
}
