/** What keeps a verb from its work, and what to do about it; no mistake of the program. */
export class Failure extends Error {
  readonly remedy: string

  /** @param message - and remedy: one line each, without a full stop. */
  constructor(message: string, remedy: string) {
    super(message)
    this.remedy = remedy
  }
}

/** A mistake on the command line. */
export class UsageError extends Failure {}
