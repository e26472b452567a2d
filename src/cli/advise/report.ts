import type { Advice, AdviceWarning, CurvePoint } from '../../advisor/advice.ts'
import { bytes, duration, number, percent } from '../../words.ts'
import { type Judgment, judgmentLines, labeledLines, pointLines, remedyLines } from '../answer.ts'
import { type Look, proseWidth } from '../look.ts'
import { type Column, table } from '../table.ts'
import { wrap } from '../text.ts'
import type { LogKind } from './logs/entry.ts'
import { servers } from './logs/servers.ts'
import { plot } from './plot.ts'
import type { Given } from './source.ts'

/** The timeouts of the table, in ms, as far as the traffic was watched. */
export const usualTimeouts: readonly number[] = [
  1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 45_000, 60_000, 75_000, 90_000, 120_000, 180_000,
  300_000, 600_000, 1_800_000, 3_600_000,
]

/**
 * The advice for people: the judgment, the evidence, what to do.
 *
 * @param asked - timeouts to show in the table beside the usual ones.
 */
export function report(
  advice: Advice,
  { notes, kind = 'kit' }: Pick<Given, 'notes' | 'kind'>,
  asked: readonly number[],
  look: Look,
): string[] {
  const { warnings, beyond, curve } = advice
  return [
    ...judgmentLines(judge(advice, kind), look),
    '',
    ...notes.flatMap((note) => pointLines(note, look)),
    ...pointLines(observedText(advice), look),
    ...(curve.length > 0
      ? ['', ...plot(advice, look.width), '', ...table(columnsOf(advice), rowsOf(advice, asked), look)]
      : []),
    ...(beyond && beyond.returned > 0 ? ['', ...wrap(beyondText(advice), proseWidth(look))] : []),
    ...warnings
      .filter(isForTheCommand)
      .flatMap(({ code, message }) => ['', ...labeledLines(code, `${inOptions(message)}.`, 'yellow', look)]),
    ...remedyLines(remediesOf(advice, kind), look),
  ]
}

/** @param kind - of the server whose traffic this is. */
function judge({ recommended, observed }: Advice, kind: LogKind): Judgment {
  const { keepAliveTimeout } = recommended
  const why = inOptions(recommended.why)
  if (keepAliveTimeout === null) return { tone: 'doubtful', word: 'NO ADVICE', text: `${why}.` }
  const { setting, own = setting } = servers[kind]
  const inForce = observed.keepAliveTimeout
  const text = `${own} ${duration(keepAliveTimeout)}. ${why}.`
  if (inForce === keepAliveTimeout) return { tone: 'good', word: 'KEEP', text }
  const before = inForce === null ? '' : ` In force: ${duration(inForce)}.`
  return { tone: 'neutral', word: 'SET', text: text + before }
}

/** The command takes no time without a unit, so milliseconds are meant where they are written. */
const isForTheCommand = ({ code }: AdviceWarning): boolean => code !== 'seconds-meant'

/** The options of `advise()`, and what the command calls them. */
const options: Readonly<Record<string, string>> = {
  proxyIdleTimeout: '--proxy-timeout',
  proxyMargin: '--proxy-margin',
  maxIdleConnections: '--max-idle',
  maxIdleMemory: '--max-memory',
  reuseShare: '--reuse-share',
}

const optionNames = new RegExp(`\\b(?:constraints\\.)?(${Object.keys(options).join('|')})\\b`, 'g')

/** The advisor names the options of its function: the command has others. */
const inOptions = (text: string): string => text.replace(optionNames, (_, name: string) => options[name]!)

/** @param kind - of the server whose traffic this is. */
function remediesOf({ recommended, observed }: Advice, kind: LogKind): string[] {
  const { keepAliveTimeout } = recommended
  if (keepAliveTimeout === null || keepAliveTimeout === observed.keepAliveTimeout) return []
  const { name, line } = servers[kind]
  return [`Set the idle timeout to ${duration(keepAliveTimeout)}. In ${name}: ${line(keepAliveTimeout)}`]
}

function observedText({ observed }: Advice): string {
  const { intervals, requests, duration: watched, horizon } = observed
  const time = watched === null ? '' : ` in ${duration(watched)}`
  const { reused, clientClosed, cutOff, open } = intervals
  const ends = [
    `${number(reused)} reused`,
    `${number(clientClosed)} ended by the client`,
    `${number(cutOff)} cut off`,
    `${number(open)} open`,
  ]
  return `${number(requests)} requests${time}, ${number(intervals.total)} idle intervals (${ends.join(', ')}), watched up to ${duration(horizon)}`
}

function rowsOf({ curve, recommended, observed }: Advice, asked: readonly number[]): CurvePoint[] {
  const shown = new Set<number | null>([
    ...usualTimeouts,
    ...asked,
    recommended.keepAliveTimeout,
    observed.keepAliveTimeout,
    observed.horizon,
  ])
  const rows = curve.filter(({ timeout }) => shown.has(timeout))
  return rows.length > 0 ? rows : curve.filter((_, i) => i % Math.ceil(curve.length / 12) === 0)
}

function columnsOf({ recommended, observed, curve }: Advice): Column<CurvePoint>[] {
  const hasRates = curve[0]?.idleConnections !== null
  const mark = (timeout: number): string => {
    if (timeout === recommended.keepAliveTimeout) return 'advised'
    return timeout === observed.keepAliveTimeout ? 'in force' : ''
  }
  const price: Column<CurvePoint>[] = [
    {
      heading: 'opened/s',
      align: 'right',
      cell: ({ newConnectionsPerSecond }) => number(newConnectionsPerSecond ?? 0),
    },
    { heading: 'idle', align: 'right', cell: ({ idleConnections }) => number(idleConnections ?? 0) },
    { heading: 'memory', align: 'right', optional: true, cell: ({ idleMemory }) => bytes(idleMemory ?? 0) },
  ]
  return [
    { heading: 'timeout', align: 'right', cell: ({ timeout }) => duration(timeout) },
    { heading: 'reuse', align: 'right', cell: ({ reuse }) => percent(reuse, 3) },
    {
      heading: '95%',
      align: 'right',
      optional: true,
      cell: ({ reuseLow, reuseHigh }) => `${percent(reuseLow, 3)} – ${percent(reuseHigh, 3)}`,
    },
    ...(hasRates ? price : []),
    { cell: ({ timeout }) => mark(timeout), style: () => 'green' },
  ]
}

function beyondText({ beyond }: Advice): string {
  const { closed, returned, forgotten, points, assumption } = beyond!
  const last = points.at(-1)
  const upTo = last ? `: up to ${percent(last.reuse)} reuse at ${duration(last.timeout)}` : ''
  const lost = forgotten > 0 ? ` and ${number(forgotten)} lost their row in the client table before` : ''
  return `Beyond: of ${number(closed)} clients whose idle connection was closed here, ${number(returned)} came back${lost}${upTo}. ${assumption}.`
}
