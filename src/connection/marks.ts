import type { IncomingMessage } from 'node:http'
import type { CloseReason, Verdict } from '../reasons.ts'

/**
 * What bears on how a connection ends. For most of its life most connections have nothing of it: so it is apart from the
 * record, and made with the first mark. Written by the connection alone.
 */
export class Marks {
  /** Requests that Node itself answered with an error; the app never saw them. */
  refused = 0
  dropped = 0
  late = 0
  /** Why the response under way is the last one, once its head says so. */
  verdict: Verdict | undefined = undefined
  /** The app said close itself, in the head that the verdict is about. */
  appCloses = false
  /** What Node refused last, if a listener of the app decides how the connection goes on. */
  refusal: CloseReason | undefined = undefined
  /** The status of an error answer in the place of the app's; 0 is none. */
  errorStatus = 0
  /** A request whose response is over, and whose body is still arriving. */
  body: IncomingMessage | undefined = undefined
  /** A response ended before it was complete. */
  aborted = false
  /** `server.timeout` fired since the last request or response. */
  inactive = false
  clientEnded = false
  errorCode: string | undefined = undefined
  /** Node has sent an answer of its own that says close. */
  lastAnswer = false
  idleAtClose = 0

  /** A request begins: marks of the one before are gone. */
  renew(): void {
    this.verdict = undefined
    this.appCloses = false
    this.refusal = undefined
    this.errorStatus = 0
    this.body = undefined
    this.aborted = false
    this.inactive = false
  }
}

/** Those of a connection that has none: all of them share it. */
export const unmarked: Readonly<Marks> = new Marks()
