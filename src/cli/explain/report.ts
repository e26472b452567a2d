import type { Explained } from '../../explain/join.ts'
import type { CauseCount, Summary } from '../../explain/summary.ts'
import { count, cut, duration, number, printable } from '../../words.ts'
import { table } from '../table.ts'

/** The longest request in the table, in characters. */
const longestRequest = 48

/** The answer for people: the summary first, then the failures. */
export function report(summary: Summary, rows: readonly Explained[]): string[] {
  const { headline, causes, failures, notes } = summary
  return [
    ...headline.split(/(?<=[.]) (?=[A-Z])/),
    '',
    ...notes.map((note) => `- ${note}`),
    ...(causes.length > 0 ? ['', ...table(causeColumns, causes)] : []),
    ...causes.flatMap(({ cause, what, remedy }) => ['', `${cause}: ${what}.`, `  ${remedy}.`]),
    ...(rows.length > 0 ? ['', ...table(rowColumns, rows)] : []),
    ...(rows.length < failures && rows.length > 0
      ? [`… ${number(failures - rows.length)} more: --rows ${failures}, or --json`]
      : []),
  ]
}

const causeColumns = [
  { heading: 'cause', cell: ({ cause }: CauseCount) => cause },
  { heading: 'failures', align: 'right', cell: ({ failures }: CauseCount) => number(failures) },
  { heading: 'exact', align: 'right', cell: ({ exact }: CauseCount) => number(exact) },
  { heading: 'likely', align: 'right', cell: ({ likely }: CauseCount) => number(likely) },
  { heading: 'unknown', align: 'right', cell: ({ unknown }: CauseCount) => number(unknown) },
] as const

const rowColumns = [
  { heading: 'time', cell: ({ time }: Explained) => new Date(time).toISOString() },
  {
    heading: 'status',
    align: 'right',
    cell: ({ status }: Explained) => (status === 0 ? '–' : String(status)),
  },
  {
    heading: 'request',
    cell: ({ request }: Explained) => (request === '' ? '–' : printable(cut(request, longestRequest))),
  },
  { heading: 'cause', cell: ({ cause }: Explained) => cause },
  { heading: 'certainty', cell: ({ certainty }: Explained) => certainty },
  { heading: 'connection', cell: connectionText },
] as const

/** The evidence. */
function connectionText({ connection }: Explained): string {
  if (!connection) return '–'
  const { id, reason, requests, idleAtClose, late, remotePort } = connection
  const parts = [`id ${id}`, `port ${remotePort}`, `closed by ${reason}`, count(requests, 'request')]
  if (idleAtClose > 0) parts.push(`idle for ${duration(idleAtClose)}`)
  if (late > 0) parts.push(`${late} late`)
  return parts.join(', ')
}
