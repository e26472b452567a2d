import type { Policy } from '../../policy/policy.ts'
import type { ServerExam } from '../exam.ts'

/** What the checks of a server look at. */
export interface OneServer {
  readonly server: ServerExam
  readonly policy: Policy
}
