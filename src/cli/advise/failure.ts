/** What keeps the command from its work, and what to do about it; no mistake of the program. */
export class Failure extends Error {
  readonly remedy: string

  /** @param message - and remedy: one line each, without a full stop. */
  constructor(message: string, remedy: string) {
    super(message)
    this.remedy = remedy
  }
}

/** A mistake in the command line. */
export class Misuse extends Failure {}
