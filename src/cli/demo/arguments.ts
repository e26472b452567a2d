import { quote } from '../../errors.ts'
import { parseFlags } from '../arguments.ts'
import { UsageError } from '../failure.ts'

/** What the command line asks for. */
export interface DemoArguments {
  /** The page with live traffic, instead of a run that ends. */
  readonly page: boolean
}

export const help = `An app on loopback, different kinds of clients, and what the kit reports about them

Usage: keepalive-kit demo [options]

  --page  live, as a page, until Ctrl-C
  --help  this text

Exit codes: 0 shown; 1 a package that it needs is missing; 2 a mistake on the command line.`

/**
 * Reads the command line; `undefined` if it asks for help.
 *
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): DemoArguments | undefined {
  const { values, positionals } = parseFlags(args, { page: { type: 'boolean' } })
  if (values.help) return undefined
  const [word] = positionals
  if (word !== undefined) throw new UsageError(`${quote(word)} is too much`, 'give --page or nothing')
  return { page: values.page ?? false }
}
