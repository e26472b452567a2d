import type { Policy } from '../../policy/policy.ts'
import type { ServerExam } from '../exam.ts'

/** The input of the checks of a server. */
export interface OneServer {
  readonly server: ServerExam
  readonly policy: Policy
}
