import { KeepAliveError } from '../errors.ts'
import { ProbeFailure } from '../probe/failure.ts'
import { Failure, UsageError } from './failure.ts'

/** A verb of the command line. */
export interface Verb {
  readonly name: string
  /** What it is about, in a line. */
  readonly about: string
  /** Resolves with the exit code. */
  readonly run: (args: readonly string[]) => Promise<number>
}

/** What a verb is made from. */
export interface Definition<Given> extends Pick<Verb, 'name' | 'about'> {
  readonly help: string
  /**
   * Reads the command line; `undefined` if it asks for help.
   *
   * @throws UsageError, KeepAliveError
   */
  readonly read: (args: readonly string[]) => Given | undefined
  /**
   * Does the work, and resolves with the exit code.
   *
   * @throws Failure, ProbeFailure, KeepAliveError where it cannot.
   */
  readonly run: (given: Given) => Promise<number>
  /** The exit code where the work cannot be done. */
  readonly failed: number
}

/** The exit code for a mistake on the command line. */
export const misused = 2

/** Makes a verb: it has help, and what is expected to fail comes out as a line and an exit code. */
export function verb<Given>({ name, about, help, read, run, failed }: Definition<Given>): Verb {
  return {
    name,
    about,
    async run(args) {
      let given: Given | undefined
      try {
        given = read(args)
        if (given !== undefined) return await run(given)
        console.log(help)
        return 0
      } catch (error) {
        console.error(`keepalive-kit ${name}: ${lineOf(error)}`)
        return given === undefined || error instanceof UsageError ? misused : failed
      }
    },
  }
}

/** @throws what is a mistake of the program. */
function lineOf(error: unknown): string {
  if (error instanceof Failure) return `${error.message}: ${error.remedy}`
  if (error instanceof ProbeFailure || error instanceof KeepAliveError) return error.message
  throw error
}
