/** Why a command cannot do its work, and what to do about it. Not a fault of the program. */
export class Failure extends Error {
  readonly remedy: string

  /**
   * @param message - one line, without a full stop.
   * @param remedy - one line, without a full stop: printed as a sentence after the message.
   */
  constructor(message: string, remedy: string) {
    super(message)
    this.remedy = remedy
  }
}

/** A mistake on the command line. */
export class UsageError extends Failure {}
