import { quote } from '../../errors.ts'
import { type Flags, helpFlag, parseFlags } from '../arguments.ts'
import { UsageError } from '../failure.ts'
import type { Help } from '../help.ts'

/** What the command line asks for. */
export interface DemoArguments {
  /** The page with live traffic, instead of a run that ends. */
  readonly page: boolean
}

const flags = {
  page: { type: 'boolean', about: 'show the page with live traffic, until Ctrl-C' },
} as const satisfies Flags

export const help: Help = {
  does: 'Starts an app on 127.0.0.1, calls it with different kinds of clients, and shows what the kit reports about each',
  usage: ['demo [options]'],
  options: [{ flags: { ...flags, ...helpFlag } }],
  examples: [
    ['demo', 'Six kinds of clients, and which of them reuse connections'],
    ['demo --page', 'The page, with live traffic'],
  ],
  exitCodes: [
    [0, 'the demo ran to its end'],
    [1, 'express or undici is not installed'],
    [2, 'a mistake on the command line'],
  ],
}

/**
 * Reads the command line; `undefined` if it asks for help.
 *
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): DemoArguments | undefined {
  const { values, positionals } = parseFlags(args, flags)
  if (values.help) return undefined
  const [word] = positionals
  if (word !== undefined)
    throw new UsageError(`demo takes no argument, got ${quote(word)}`, 'write --page, or nothing')
  return { page: values.page ?? false }
}
