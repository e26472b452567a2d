import type { Check } from './check.ts'
import type { Exam } from './exam.ts'

const notAttached: Check<Pick<Exam, 'servers' | 'hasHadServer'>> = {
  code: 'KEEPALIVE_NOT_ATTACHED',
  severity: 'error',
  looksAt: 'whether the kit has ever had a server',
  remedy:
    'Write app.use(connections) before the routes and without a path, or connections.attach(server) with what createServer() or app.listen() returned',
  look({ servers, hasHadServer }) {
    if (hasHadServer) return undefined
    return {
      message:
        'The kit has no server, so the policy is not in force. The app has not called attach(), and no request has reached the middleware.',
      evidence: { servers: servers.length },
    }
  },
}

/** Checks the kit itself. */
export const kitChecks: readonly (typeof notAttached)[] = [notAttached]
