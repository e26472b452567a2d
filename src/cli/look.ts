import { styleText } from 'node:util'

/** A style of Node's `util.styleText`. */
export type Format = Extract<Parameters<typeof styleText>[0], string>

/** What a text may look like where it goes: how wide it may be, and whether it has colors. */
export interface Look {
  /** In columns. `Infinity` for a file or a pipe: nothing is cut or wrapped there. */
  readonly width: number
  readonly style: (format: Format | readonly Format[], text: string) => string
}

/** Long lines of prose are hard to read, however wide the terminal is. */
const widestProse = 100

/** A stream's look. Node reads NO_COLOR and FORCE_COLOR, and asks the terminal how many colors it has. */
export function lookOf(stream: NodeJS.WriteStream): Look {
  return {
    // A terminal that does not tell its width says 0.
    width: stream.isTTY && stream.columns > 0 ? stream.columns : Number.POSITIVE_INFINITY,
    // One style after the other: Node 20 applies a list of styles whatever the stream is.
    style: (formats, text) =>
      [formats].flat().reduceRight((styled, format) => styleText(format, styled, { stream }), text),
  }
}

/** The look of a file: one line for each sentence, without colors. */
export const plainLook: Look = { width: Number.POSITIVE_INFINITY, style: (_formats, text) => text }

/** The width of prose, in columns. */
export function proseWidth({ width }: Pick<Look, 'width'>): number {
  return width === Number.POSITIVE_INFINITY ? width : Math.min(width, widestProse)
}
