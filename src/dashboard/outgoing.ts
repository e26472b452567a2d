import { registeredOutgoing } from '../outgoing/registered.ts'
import type { OutgoingRow } from '../outgoing/snapshot.ts'
import type { OutgoingAnswer, OutgoingLine } from './messages.ts'

/** Origins shown at most. */
const most = 50

/** The outgoing connections of this process; `null` if it does not count them. */
export function outgoingLines(): OutgoingAnswer | null {
  const outgoing = registeredOutgoing()
  if (!outgoing) return null
  const { origins, other } = outgoing.snapshot()
  const rows = origins.slice(0, most).map(lineOf)
  const rest = other.connections.opened > 0 ? [lineOf(other)] : []
  return { total: origins.length, rows: [...rows, ...rest], findings: outgoing.diagnose() }
}

function lineOf({ origin, connections, requests, advertisedTimeout }: OutgoingRow): OutgoingLine {
  const { opened, open, failed, closedBy } = connections
  const { total, reused, lost } = requests
  return {
    origin,
    opened,
    open,
    failed,
    closedByServer: closedBy.server,
    requests: total,
    reused,
    lost,
    advertisedTimeout,
  }
}
