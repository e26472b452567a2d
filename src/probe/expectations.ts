import { quote } from '../errors.ts'
import { nearNames } from '../policy/spelling.ts'
import { readTime, readWholeNumber, timeUnits } from '../quantities.ts'
import { count, cut, duration } from '../words.ts'
import { errorOf } from './numbers.ts'
import type { ProbeReport } from './report.ts'

/** A condition on a report, as given with `--expect`. */
export interface Expectation {
  readonly text: string
  readonly holds: (report: ProbeReport) => Verdict
}

export interface Verdict {
  /** `unknown` where the figure was not measured, or not far enough. */
  readonly met: boolean | 'unknown'
  /** What was measured, in a few words. */
  readonly measured: string
}

/** A figure's bounds: from `least` to `most`. */
interface Figure {
  readonly least: number
  readonly most: number
  readonly text: string
}

interface Quantity {
  readonly unit: 'time' | 'count'
  readonly of: (report: ProbeReport) => Figure | undefined
}

/** Beyond any request count or time that is measured. */
const endless = Number.POSITIVE_INFINITY

const quantities: Readonly<Record<string, Quantity>> = {
  idle: {
    unit: 'time',
    of: ({ idleTimeout }) => {
      if (!idleTimeout) return undefined
      const { ms, atLeast } = idleTimeout
      if (ms === null) return { least: atLeast, most: endless, text: `at least ${duration(atLeast)}` }
      const error = errorOf(ms)
      return { least: ms - error, most: ms + error, text: duration(ms) }
    },
  },
  cap: {
    unit: 'count',
    of: ({ maxRequests }) => {
      if (!maxRequests) return undefined
      const { cap, tried } = maxRequests
      return cap === null
        ? { least: tried, most: endless, text: `none in ${count(tried, 'request')}` }
        : { least: cap, most: cap, text: String(cap) }
    },
  },
  connect: { unit: 'time', of: ({ timings }) => exactly(timings?.connect) },
  tls: { unit: 'time', of: ({ timings }) => exactly(timings?.tls) },
  first: { unit: 'time', of: ({ timings }) => exactly(timings?.first) },
  reused: { unit: 'time', of: ({ timings }) => exactly(timings?.reused) },
}

const flags: Readonly<Record<string, (report: ProbeReport) => boolean | undefined>> = {
  reuse: ({ reuse }) => reuse ?? undefined,
  http10: ({ http10KeepAlive }) => http10KeepAlive ?? undefined,
  pipelining: ({ pipelining }) => (pipelining === null ? undefined : pipelining.answered === pipelining.sent),
  'half-close': ({ halfClose }) => (halfClose === null ? undefined : halfClose === 'answered'),
  http2: ({ alpn }) => alpn?.http2,
}

/** The names that an expectation can begin with. */
export const expectable: readonly string[] = [...Object.keys(quantities), ...Object.keys(flags)]

/** Why a text is no expectation, and what to write instead; one line each. */
export interface Refusal {
  readonly wrong: string
  readonly remedy: string
}

/**
 * Reads `idle>60s`, `cap>=1000`, `reuse`, `!http10`.
 *
 * `>` and `<` leave room for what the measure may be off by, `>=` and `<=` forgive it.
 */
export function parseExpectation(text: string): Expectation | Refusal {
  const match = /^\s*(!?)([a-z][a-z\d-]{0,30})\s*(?:(>=|<=|>|<)\s*([\d.]{1,24}(?:\s?[a-z]{1,3})?))?\s*$/.exec(
    text,
  )
  const [, not, name = '', operator, figure = ''] = match ?? []
  const shown = quote(text)
  const refuse = (wrong: string, remedy: string): Refusal => ({ wrong, remedy })
  if (!match)
    return refuse(`${shown} is no expectation`, "write 'idle>60s', 'cap>=1000', 'reuse' or '!reuse'")
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
  const quantity = Object.hasOwn(quantities, name) ? quantities[name] : undefined
  if (flag) {
    if (operator)
      return refuse(`${shown}: ${name} is met or not, and takes no number`, `write '${name}' or '!${name}'`)
    return { text: cut(text.trim(), 60), holds: (report) => holdsFlag(flag(report), not === '!') }
  }
  if (!quantity) {
    const [near] = nearNames(name, expectable)
    return refuse(
      `${shown}: ${name} is not measured`,
      near ? `did you mean ${near}?` : `there are ${expectable.join(', ')}`,
    )
  }
  const isTime = quantity.unit === 'time'
  const example = `as in '${name}>${isTime ? '60s' : '1000'}'`
  if (!operator || not) return refuse(`${shown}: ${name} is compared`, example)
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

/** Whether a figure within its bounds stands so to a limit. */
function compare({ least, most }: Figure, operator: string, limit: number): boolean | 'unknown' {
  const open = most === endless
  switch (operator) {
    case '>':
      return least > limit || (open ? 'unknown' : false)
    case '>=':
      return (open ? least : most) >= limit || (open ? 'unknown' : false)
    case '<':
      return most < limit || (open && least < limit ? 'unknown' : false)
    default:
      return least <= limit && (open ? 'unknown' : true)
  }
}

function exactly(ms: number | null | undefined): Figure | undefined {
  return ms == null ? undefined : { least: ms, most: ms, text: duration(ms) }
}

function holdsFlag(value: boolean | undefined, not: boolean): Verdict {
  if (value === undefined) return { met: 'unknown', measured: 'not measured' }
  return { met: value !== not, measured: value ? 'yes' : 'no' }
}
