import type { Explained } from '../../explain/join.ts'
import { type CauseCount, leadOf, type Summary } from '../../explain/summary.ts'
import { count, duration, number, printable } from '../../words.ts'
import { type Judgment, judgmentLines, pointLines, remedyLines } from '../answer.ts'
import type { Look } from '../look.ts'
import { type Column, table } from '../table.ts'

/** The answer for people: the most frequent cause, the evidence, what to do. */
export function report(summary: Summary, rows: readonly Explained[], look: Look): string[] {
  const { causes, failures, notes } = summary
  const more =
    rows.length < failures && rows.length > 0
      ? [`… ${number(failures - rows.length)} more: --rows ${failures}, or --json`]
      : []
  return [
    ...judgmentLines(judge(summary), look),
    '',
    ...notes.flatMap((note) => pointLines(note, look)),
    ...(causes.length > 0 ? ['', ...table(causeColumns, causes, look)] : []),
    ...(rows.length > 0 ? ['', ...table(rowColumns, rows, look), ...more] : []),
    ...remedyLines(
      causes.map(({ cause, remedy }) => `${cause}: ${remedy}.`),
      look,
    ),
  ]
}

function judge({ headline, causes }: Summary): Judgment {
  const text = headline
  if (causes.length === 0) return { tone: 'good', word: 'NONE', text }
  return leadOf(causes)?.cause === 'unknown'
    ? { tone: 'doubtful', word: 'UNKNOWN', text }
    : { tone: 'bad', word: 'CAUSE', text }
}

const causeColumns: readonly Column<CauseCount>[] = [
  { heading: 'cause', cell: ({ cause }) => cause },
  { heading: 'failures', align: 'right', cell: ({ failures }) => number(failures) },
  { heading: 'exact', align: 'right', cell: ({ exact }) => number(exact) },
  { heading: 'likely', align: 'right', cell: ({ likely }) => number(likely) },
  { heading: 'unknown', align: 'right', cell: ({ unknown }) => number(unknown) },
  { heading: 'what happened', cell: ({ what }) => what, overflow: 'wrap' },
]

const rowColumns: readonly Column<Explained>[] = [
  { heading: 'time', cell: ({ time }) => new Date(time).toISOString() },
  { heading: 'status', align: 'right', cell: ({ status }) => (status === 0 ? '–' : String(status)) },
  { heading: 'request', cell: ({ request }) => (request === '' ? '–' : printable(request.slice(0, 200))) },
  { heading: 'cause', cell: ({ cause }) => cause },
  { heading: 'certainty', cell: ({ certainty }) => certainty },
  { heading: 'connection', cell: connectionText, optional: true },
]

/** The evidence. */
function connectionText({ connection }: Explained): string {
  if (!connection) return '–'
  const { id, reason, requests, idleAtClose, late, remotePort } = connection
  const parts = [`id ${id}`, `port ${remotePort}`, `closed by ${reason}`, count(requests, 'request')]
  if (idleAtClose > 0) parts.push(`idle for ${duration(idleAtClose)}`)
  if (late > 0) parts.push(`${late} late`)
  return parts.join(', ')
}
