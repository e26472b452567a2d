import { type Format, type Look, proseWidth } from './look.ts'
import { hanging, widthOf } from './text.ts'

/** How a judgment is meant. */
export type Tone = 'good' | 'doubtful' | 'bad' | 'neutral'

const formats: Readonly<Record<Tone, readonly Format[]>> = {
  good: ['bold', 'green'],
  doubtful: ['bold', 'yellow'],
  bad: ['bold', 'red'],
  neutral: ['bold', 'cyan'],
}

/** The first line of every answer: one word in capitals, and why. */
export interface Judgment {
  readonly tone: Tone
  readonly word: string
  readonly text: string
}

/** The judgment as lines. */
export function judgmentLines({ tone, word, text }: Judgment, look: Look): string[] {
  return hanging(`${look.style(formats[tone], `${word}:`)} `, text, 2, proseWidth(look))
}

/**
 * A line of evidence with a word before it: `error: …`.
 *
 * @param format - of the word.
 */
export function labeledLines(word: string, text: string, format: Format, look: Look): string[] {
  return hanging(`${look.style(format, `${word}:`)} `, text, 2, proseWidth(look))
}

/** What to do, the end of every answer; nothing where there is nothing to do. */
export function remedyLines(remedies: readonly string[], look: Look): string[] {
  if (remedies.length === 0) return []
  return ['', look.style('bold', 'What to do'), ...remedies.flatMap((text) => pointLines(text, look))]
}

/** One point of a list. */
export function pointLines(text: string, look: Look): string[] {
  const point = '- '
  return hanging(point, text, widthOf(point), proseWidth(look))
}
