import type { Finding, Severity } from '../findings.ts'
import type { Policy } from '../policy/policy.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import { kitChecks } from './attached.ts'
import { type Check, findingsOf } from './check.ts'
import type { Exam } from './exam.ts'
import { behaviorChecks } from './server/behavior.ts'
import { http2Checks } from './server/http2.ts'
import type { OneServer } from './server/one-server.ts'
import { valueChecks } from './server/values.ts'
import { sessionChecks } from './sessions.ts'
import { appChecks } from './traffic/app.ts'
import { clientChecks } from './traffic/clients.ts'
import { idleChecks } from './traffic/idle-closes.ts'
import { lossChecks } from './traffic/losses.ts'
import { type Traffic, trafficOf } from './traffic/traffic.ts'

export { kitChecks, sessionChecks }

/** All checks of a server. A test compares docs/findings.md with all tables. */
export const serverChecks: readonly Check<OneServer>[] = [...valueChecks, ...behaviorChecks, ...http2Checks]

/** All checks of the traffic. */
export const trafficChecks: readonly Check<Traffic>[] = [
  ...idleChecks,
  ...lossChecks,
  ...appChecks,
  ...clientChecks,
]

const severities: readonly Severity[] = ['error', 'warning', 'info']

/** All findings of an exam, the most severe first, without the silenced ones. */
export function diagnose(exam: Exam): Finding[] {
  const { policy, snapshot, servers } = exam
  const found = [
    ...findingsOf(kitChecks, exam),
    ...servers.flatMap((server) => findingsOf(serverChecks, { server, policy })),
    ...findTraffic(snapshot, policy),
    ...findingsOf(sessionChecks, exam),
  ]
  return found
    .filter(({ code }) => !policy.silence.includes(code))
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
}

/** The findings about the traffic alone, for a snapshot from any process. */
export function findTraffic(snapshot: Snapshot, policy: Policy): Finding[] {
  return findingsOf(trafficChecks, trafficOf(snapshot, policy))
}
