import { quote } from '../errors.ts'
import { nearNames } from '../policy/spelling.ts'
import { readTime, readWholeNumber, timeUnits } from '../quantities.ts'
import { count, cut, duration } from '../words.ts'
import { errorOf, isUneven } from './numbers.ts'
import type { ProbeReport } from './report.ts'

/** A condition on a report, as given with `--expect`. */
export interface Expectation {
  readonly text: string
  readonly holds: (report: ProbeReport) => Verdict
}

export interface Verdict {
  /** `unknown` where the figure was not measured, or not long enough. */
  readonly met: boolean | 'unknown'
  /** What was measured, in a few words. */
  readonly measured: string
}

/** A figure's bounds. */
interface Figure {
  readonly least: number
  readonly most: number
  /** The error of both. */
  readonly error: number
  /** Whether the figure is only known to be at least `least`. */
  readonly open: boolean
  readonly text: string
}

interface Quantity {
  readonly unit: 'time' | 'count'
  readonly of: (report: ProbeReport) => Figure | undefined
}

const quantities: Readonly<Record<string, Quantity>> = {
  idle: { unit: 'time', of: idleFigure },
  cap: { unit: 'count', of: capFigure },
  connect: { unit: 'time', of: ({ timings }) => exactly(timings?.connect) },
  tls: { unit: 'time', of: ({ timings }) => exactly(timings?.tls) },
  first: { unit: 'time', of: ({ timings }) => exactly(timings?.first) },
  reused: { unit: 'time', of: ({ timings }) => exactly(timings?.reused) },
}

const flags: Readonly<Record<string, (report: ProbeReport) => boolean | undefined>> = {
  reuse: ({ reuse }) => reuse ?? undefined,
  http10: ({ http10KeepAlive }) => http10KeepAlive ?? undefined,
  pipelining: ({ pipelining }) => (pipelining === null ? undefined : pipelining.answered === pipelining.sent),
  'half-close': ({ halfClose }) =>
    halfClose === null || halfClose === 'at-once' ? undefined : halfClose === 'answered',
  http2: ({ alpn, protocol }) => (protocol === 'http/1.1' ? alpn?.http2 : true),
  goaway: ({ protocol, idleTimeout }) =>
    protocol === 'http/1.1' || idleTimeout?.ms == null ? undefined : idleTimeout.goaway !== null,
  ping: ({ ping }) => ping?.answered,
}

/** The names that an expectation can begin with. */
export const expectable: readonly string[] = [...Object.keys(quantities), ...Object.keys(flags)]

/** Why a text is not a condition, and what to write instead: one line each. */
export interface Refusal {
  readonly wrong: string
  readonly remedy: string
}

/**
 * Reads `idle>60s`, `cap>=1000`, `reuse`, `!http10`.
 *
 * `>` and `<` count the error of the measurement against the server, `>=` and `<=` in its favor.
 */
export function parseExpectation(text: string): Expectation | Refusal {
  const match = /^\s*(!?)([a-z][a-z\d-]{0,30})\s*(?:(>=|<=|>|<)\s*([\d.]{1,24}(?:\s?[a-z]{1,3})?))?\s*$/.exec(
    text,
  )
  const [, not, name = '', operator, figure = ''] = match ?? []
  const shown = quote(text)
  const refuse = (wrong: string, remedy: string): Refusal => ({ wrong, remedy })
  if (!match)
    return refuse(
      `${shown} is not a condition`,
      "write one such as 'idle>60s', 'cap>=1000', 'reuse' or '!reuse'",
    )
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
  const quantity = Object.hasOwn(quantities, name) ? quantities[name] : undefined
  if (flag) {
    if (operator) return refuse(`${shown}: ${name} takes no number`, `write '${name}' or '!${name}'`)
    return { text: cut(text.trim(), 60), holds: (report) => holdsFlag(flag(report), not === '!') }
  }
  if (!quantity) {
    const [near] = nearNames(name, expectable)
    return refuse(
      `${shown}: ${name} is not measured`,
      near ? `did you mean ${near}?` : `the names are ${expectable.join(', ')}`,
    )
  }
  const isTime = quantity.unit === 'time'
  const example = `write it as in '${name}>${isTime ? '60s' : '1000'}'`
  if (!operator || not) return refuse(`${shown}: ${name} needs a comparison`, example)
  const limit = isTime ? readTime(figure) : readWholeNumber(figure)
  if (limit === undefined) {
    return isTime
      ? refuse(`${shown}: a time needs its unit, ${timeUnits.join(', ')}`, example)
      : refuse(`${shown}: a count is a whole number and has no unit`, example)
  }
  return {
    text: cut(text.trim(), 60),
    holds: (report) => {
      const measured = quantity.of(report)
      if (!measured) return { met: 'unknown', measured: 'not measured' }
      return { met: compare(measured, operator, limit), measured: measured.text }
    },
  }
}

/** Whether a figure meets a limit. */
function compare({ least, most, error, open }: Figure, operator: string, limit: number): boolean | 'unknown' {
  const above = (met: boolean): boolean | 'unknown' => met || (open ? 'unknown' : false)
  switch (operator) {
    case '>':
      return above(least - error > limit)
    case '>=':
      return above(least + error >= limit)
    case '<':
      return most + error < limit || (open && least < limit ? 'unknown' : false)
    default:
      return most - error <= limit || (open && least <= limit ? 'unknown' : false)
  }
}

function exactly(ms: number | null | undefined, error = 0): Figure | undefined {
  return ms == null ? undefined : { least: ms, most: ms, error, open: false, text: duration(ms) }
}

function atLeast(least: number, text: string): Figure {
  return { least, most: Number.POSITIVE_INFINITY, error: 0, open: true, text }
}

function idleFigure({ idleTimeout, maxAge }: ProbeReport): Figure | undefined {
  if (!idleTimeout) return undefined
  if (maxAge !== null) {
    // A connection may reach its age after any idle time.
    return {
      least: 0,
      most: maxAge,
      error: 0,
      open: false,
      text: `closed at an age of ${duration(maxAge)}, idle or not`,
    }
  }
  const { ms, samples, open } = idleTimeout
  if (isUneven(idleTimeout)) {
    return {
      least: samples[0]!,
      most: open > 0 ? Number.POSITIVE_INFINITY : samples.at(-1)!,
      error: errorOf(samples[0]!),
      open: false,
      text: `at least ${duration(samples[0]!)}, by more than one timer`,
    }
  }
  if (ms !== null) return exactly(ms, errorOf(ms))
  return atLeast(idleTimeout.atLeast, `at least ${duration(idleTimeout.atLeast)}`)
}

function capFigure({ maxRequests }: ProbeReport): Figure | undefined {
  if (!maxRequests) return undefined
  const { cap, tried } = maxRequests
  if (cap === null) return atLeast(tried, `none in ${count(tried, 'request')}`)
  return { least: cap, most: cap, error: 0, open: false, text: String(cap) }
}

function holdsFlag(value: boolean | undefined, not: boolean): Verdict {
  if (value === undefined) return { met: 'unknown', measured: 'not measured' }
  return { met: value !== not, measured: value ? 'yes' : 'no' }
}
