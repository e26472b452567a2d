import { KeepAliveError } from '../errors.ts'
import { ProbeFailure } from '../probe/failure.ts'
import { Failure, UsageError } from './failure.ts'
import { type Help, helpLines } from './help.ts'
import { lookOf } from './look.ts'

/** A command of `keepalive-kit`. */
export interface Command {
  readonly name: string
  /** What it does, in a line: for the list of commands. */
  readonly about: string
  /** Its options as they are typed, such as `--page` and `-k`. */
  readonly options: readonly string[]
  /** Resolves with the exit code. */
  readonly run: (args: readonly string[]) => Promise<number>
}

/** What a command is made from. */
export interface Definition<Given> extends Pick<Command, 'name' | 'about'> {
  readonly help: Help
  /**
   * Reads the arguments; `undefined` if they ask for help.
   *
   * @throws UsageError, KeepAliveError
   */
  readonly read: (args: readonly string[]) => Given | undefined
  /**
   * Does the work, and resolves with the exit code.
   *
   * @throws Failure, ProbeFailure, KeepAliveError where the work cannot be done.
   */
  readonly run: (given: Given) => Promise<number>
  /** The exit code where the work cannot be done. */
  readonly failed: number
}

/** The exit code for a mistake on the command line. */
export const misused = 2

/** Makes a command: it prints its help, and an expected failure as one line, with its exit code. */
export function command<Given>({ name, about, help, read, run, failed }: Definition<Given>): Command {
  return {
    name,
    about,
    options: optionsIn(help),
    async run(args) {
      let given: Given | undefined
      try {
        given = read(args)
        if (given !== undefined) return await run(given)
        console.log(helpLines(help, lookOf(process.stdout)).join('\n'))
        return 0
      } catch (error) {
        complain(`keepalive-kit ${name}`, textOf(error))
        return given === undefined || error instanceof UsageError ? misused : failed
      }
    },
  }
}

function optionsIn({ options }: Help): string[] {
  return options.flatMap(({ flags }) =>
    Object.entries(flags).flatMap(([name, { short }]) =>
      short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`],
    ),
  )
}

/** Prints what went wrong on stderr, in one line. */
export function complain(who: string, text: string): void {
  const { style } = lookOf(process.stderr)
  console.error(`${style(['bold', 'red'], `${who}:`)} ${text}`)
}

/**
 * The mistake and the remedy, a sentence each.
 *
 * @throws an error that is a fault of the program.
 */
function textOf(error: unknown): string {
  if (error instanceof Failure) return sentences(error)
  if (error instanceof ProbeFailure || error instanceof KeepAliveError) return ended(error.message)
  throw error
}

/** `there is no URL` and `give one` → `there is no URL. Give one.` */
export function sentences({ message, remedy }: Pick<Failure, 'message' | 'remedy'>): string {
  const last = `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}`
  return `${message}. ${ended(last)}`
}

const ended = (sentence: string): string => (/[.?!]$/.test(sentence) ? sentence : `${sentence}.`)
