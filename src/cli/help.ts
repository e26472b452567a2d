import type { Flags } from './arguments.ts'
import { type Look, proseWidth } from './look.ts'
import { table } from './table.ts'
import { wrap } from './text.ts'

/** What `--help` says of a command. */
export interface Help {
  /** What the command does, in a sentence without a full stop. */
  readonly does: string
  /** What comes after `keepalive-kit`, a line for each way to call the command. */
  readonly usage: readonly string[]
  /** A paragraph each. */
  readonly notes?: readonly string[]
  /** The options, by group. */
  readonly options: readonly OptionGroup[]
  readonly examples: readonly Example[]
  readonly exitCodes: readonly ExitCode[]
}

export interface OptionGroup {
  /** @default 'Options' */
  readonly title?: string
  readonly flags: Flags
}

/** A command line that works as it stands, without `keepalive-kit`, and what it is for. */
export type Example = readonly [line: string, about: string]

export type ExitCode = readonly [code: number, meaning: string]

/** Without a terminal the help has the usual width. */
const usualWidth = 80

/** The help as lines. */
export function helpLines(
  { does, usage, notes = [], options, examples, exitCodes }: Help,
  look: Look,
): string[] {
  const width = Math.min(proseWidth(look), look.width === Number.POSITIVE_INFINITY ? usualWidth : look.width)
  const title = (text: string): string => look.style('bold', text)
  const section = (heading: string, lines: readonly string[]): string[] => ['', title(heading), ...lines]
  const pairs = (rows: readonly (readonly [string, string])[]): string[] =>
    table([{ cell: ([name]) => name }, { cell: ([, about]) => about, overflow: 'wrap' }], rows, {
      ...look,
      width: width - 2,
    }).map(indented)
  return [
    ...wrap(does, width),
    ...section(
      'Usage',
      usage.map((line) => indented(`keepalive-kit ${line}`)),
    ),
    ...notes.flatMap((note) => ['', ...wrap(note, width)]),
    ...options.flatMap(({ title: heading = 'Options', flags }) =>
      section(heading, pairs(Object.entries(flags).map(flagRow))),
    ),
    ...section(
      'Examples',
      examples.flatMap(([line, about]) => [
        ...wrap(`# ${about}`, width - 2).map((text) => indented(look.style('dim', text))),
        indented(`keepalive-kit ${line}`),
      ]),
    ),
    ...section('Exit codes', pairs(exitCodes.map(([code, meaning]) => [String(code), meaning]))),
  ]
}

function flagRow([name, { short, value, about }]: [string, Flags[string]]): [string, string] {
  const names = short === undefined ? `--${name}` : `-${short}, --${name}`
  return [value === undefined ? names : `${names} ${value}`, about]
}

const indented = (line: string): string => `  ${line}`
