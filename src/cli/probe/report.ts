import { isUneven } from '../../probe/numbers.ts'
import type {
  IdleTimeout,
  MaxRequests,
  ProbeFinding,
  ProbeReport,
  ProbeTimeline,
  Timings,
} from '../../probe/report.ts'
import type { Judged, Result } from '../../probe/result.ts'
import { timelineLines } from '../../timeline.ts'
import { count, cut, duration, printable } from '../../words.ts'
import { judgmentLines, labeledLines, remedyLines, type Tone } from '../answer.ts'
import { type Format, type Look, proseWidth } from '../look.ts'
import { table } from '../table.ts'
import { hanging, wrap } from '../text.ts'
import { goawayText, http2Rows } from './http2-rows.ts'

/** A report for people: the judgment, the evidence, what to do. */
export function reportLines(
  report: ProbeReport,
  expectations: readonly Judged[],
  result: Result,
  look: Look,
): string[] {
  const isHttp1 = report.protocol === 'http/1.1'
  const rows: [string, string][] = [
    ['protocol', protocols[report.protocol]],
    ['status', status(report)],
    ['reuse', reuse(report)],
    ['times', report.timings ? times(report.timings) : unknown],
    ...(isHttp1 ? [['advertised', advertised(report)] as [string, string]] : []),
    ['idle timeout', report.idleTimeout ? idle(report.idleTimeout, report.maxAge) : unknown],
    ['max requests', report.maxRequests ? cap(report.maxRequests) : unknown],
    ['race', race(report)],
    ...(isHttp1 ? http1Rows(report) : http2Rows(report)),
    ['ALPN', alpn(report)],
  ]
  const measured = `${printable(cut(report.url, 200))} (${report.address}), ${count(report.requests, 'request')}${report.complete ? '' : ', not complete'}`
  return [
    ...resultLines(result, look),
    '',
    ...wrap(measured, proseWidth(look)),
    '',
    ...table(
      [
        { cell: ([name]) => name, style: () => 'dim' },
        { cell: ([, text]) => text, overflow: 'wrap' },
      ],
      rows,
      look,
    ),
    ...section(
      report.findings.flatMap(({ severity, message }) =>
        labeledLines(severity, printable(message), severities[severity], look),
      ),
    ),
    ...section(
      expectations.flatMap((expectation) => {
        const [word, format] = marks(expectation)
        return labeledLines(word, printable(`${expectation.text} (${expectation.measured})`), format, look)
      }),
    ),
    ...remedyLines(
      report.findings.flatMap(({ remedy }) => (remedy === null ? [] : [printable(remedy)])),
      look,
    ),
  ]
}

const protocols = { 'http/1.1': 'HTTP/1.1', h2: 'HTTP/2', h2c: 'HTTP/2 without TLS (h2c)' } as const

function http1Rows({ pipelining, halfClose, http10KeepAlive }: ProbeReport): [string, string][] {
  return [
    ['pipelining', pipelining ? `${pipelining.answered} of ${pipelining.sent} answered` : unknown],
    ['half-close', halfClose === null ? unknown : halfCloses[halfClose]],
    ['HTTP/1.0', http10KeepAlive === null ? unknown : http10KeepAlive ? 'keep-alive' : 'closes'],
  ]
}

const tones: Readonly<Record<Result['result'], Tone>> = { pass: 'good', fail: 'bad', incomplete: 'doubtful' }
const severities: Readonly<Record<ProbeFinding['severity'], Format>> = {
  error: 'red',
  warning: 'yellow',
  info: 'cyan',
}

/** The judgment alone. */
export function resultLines({ result, why }: Result, look: Look): string[] {
  return judgmentLines({ tone: tones[result], word: result.toUpperCase(), text: printable(why) }, look)
}

/** Where the text of an event begins, behind its time. */
const eventIndent = 13

const unknown = 'not measured'

function status({ status: code, location, server }: ProbeReport): string {
  if (code === null) return unknown
  const parts = [
    String(code),
    ...(location === null ? [] : [`Location: ${printable(location)}`]),
    ...(server === null ? [] : [`Server: ${printable(server)}`]),
  ]
  return parts.join(', ')
}

function section(lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', ...lines] : []
}

function marks({ met }: Judged): [string, Format] {
  if (met === 'unknown') return ['cannot tell', 'yellow']
  return met ? ['met', 'green'] : ['not met', 'red']
}

function reuse({ reuse: reused, timings }: ProbeReport): string {
  if (reused === null) return unknown
  if (!reused) return 'no'
  return `yes, saves ${milliseconds(timings?.saved ?? null)} per request`
}

function times({ connect, tls, first, reused }: Timings): string {
  const parts = [
    `connect ${milliseconds(connect)}`,
    ...(tls === null ? [] : [`TLS ${milliseconds(tls)}`]),
    `first request ${milliseconds(first)}`,
    ...(reused === null ? [] : [`reused ${milliseconds(reused)}`]),
  ]
  return `${parts.join(', ')} (medians)`
}

function milliseconds(ms: number | null): string {
  return ms === null ? '–' : duration(ms)
}

function advertised({ advertised: said }: ProbeReport): string {
  if (!said) return unknown
  const parts = [
    ...(said.connection === null ? [] : [`Connection: ${printable(said.connection)}`]),
    ...(said.timeout === null ? [] : [`timeout ${duration(said.timeout)}`]),
    ...(said.max === null ? [] : [`max ${said.max}`]),
  ]
  return parts.join(', ') || 'nothing'
}

const endings = {
  fin: 'FIN',
  reset: 'RST',
  '408': 'a 408 first',
  'close-notify': 'close_notify',
  goaway: 'no close',
} as const
const headers = {
  kept: 'as advertised',
  earlier: 'earlier than advertised',
  later: 'later than advertised',
} as const

function idle(timeout: IdleTimeout, maxAge: number | null): string {
  const { ms, atLeast, how, goaway, header, samples, open } = timeout
  const judged = header === null ? '' : `, ${headers[header]}`
  if (maxAge !== null) return `none seen: the server closes at an age of ${duration(maxAge)}${judged}`
  if (isUneven(timeout)) {
    const some = samples.length > 1 ? ` to ${duration(samples.at(-1)!)}` : ''
    return `${duration(samples[0]!)}${some}${open > 0 ? `, ${open} of ${samples.length + open} still open` : ''}: not one timer${judged}`
  }
  if (ms === null) return `longer than the ${duration(atLeast)} waited${judged}`
  const first = goaway ? `${goawayText(goaway)}, then ` : ''
  return `${duration(ms)}, closed by the server with ${first}${how === null ? 'nothing' : endings[how]}${judged}`
}

const halfCloses = {
  answered: 'answered',
  'at-once': 'answered before the FIN could be noticed',
  fin: 'closed without an answer',
  reset: 'reset without an answer',
  silence: 'neither answered nor closed',
} as const

const stops = {
  requests: '',
  time: ', then no time was left',
  age: ', then the server closed the connection by its age',
} as const

function cap({ cap: most, tried, saidClose, closed, goaway, stoppedBy }: MaxRequests): string {
  if (most === null) return `none in ${count(tried, 'request')}${stoppedBy ? stops[stoppedBy] : ''}`
  if (goaway) return `${most}, then ${goawayText(goaway)}${closed ? '' : ', but the connection stays open'}`
  const said = saidClose ? 'the last response says close' : 'the last response does not say close'
  return `${most}, ${said}${closed ? '' : ', but the connection stays open'}`
}

const outcomes = {
  answered: 'answered',
  refused: 'refused by GOAWAY',
  goaway: 'GOAWAY',
  fin: 'FIN',
  reset: 'RST',
  '408': '408',
  early: 'already closed',
} as const

function race({ race: crossed }: ProbeReport): string {
  if (!crossed) return unknown
  return crossed.tries.map(({ before, outcome }) => `${before} ms before: ${outcomes[outcome]}`).join('; ')
}

function alpn({ alpn: chosen, url }: ProbeReport): string {
  if (!chosen) return url.startsWith('https:') ? unknown : 'no TLS'
  return chosen.selected === null ? 'none' : printable(cut(chosen.selected, 40))
}

/** The events of each connection, in the order in which the connections were opened. */
export function timelinesText(timelines: readonly ProbeTimeline[], look: Look): string[] {
  return timelines.flatMap(({ title, events, omitted, last }) => {
    const lines =
      omitted === 0
        ? timelineLines([...events, ...last])
        : [
            ...timelineLines(events),
            `… ${count(omitted, 'event')} left out …`,
            // Only the connection of the search for a cap has so many events.
            ...timelineLines(last, 1),
          ]
    return [
      '',
      look.style('bold', title),
      ...lines.flatMap((line) => hanging('  ', line, eventIndent, look.width)),
    ]
  })
}
