import { quote } from '../errors.ts'
import { nearNames } from '../policy/spelling.ts'
import { cut, duration } from '../words.ts'
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
        ? { least: tried, most: endless, text: `none in ${tried} requests` }
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

const units = { ms: 1, s: 1_000, m: 60_000 } as const

/**
 * Reads `idle>60s`, `cap>=1000`, `reuse`, `!http10`.
 *
 * `>` and `<` leave room for what the measure may be off by, `>=` and `<=` forgive it.
 *
 * @returns the expectation, or in a line why it is none.
 */
export function parseExpectation(text: string): Expectation | string {
  const match =
    /^\s*(!?)([a-z][a-z\d-]{0,30})\s*(?:(>=|<=|>|<)\s*(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m)?)?\s*$/.exec(text)
  const [, not, name = '', operator, number, unit] = match ?? []
  const shown = quote(text)
  if (!match) return `${shown} is no expectation: write 'idle>60s', 'cap>=1000', 'reuse' or '!reuse'`
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
  const quantity = Object.hasOwn(quantities, name) ? quantities[name] : undefined
  if (flag) {
    if (operator) return `${shown}: ${name} is met or not, and takes no number`
    return { text: cut(text.trim(), 60), holds: (report) => holdsFlag(flag(report), not === '!') }
  }
  if (!quantity) {
    const [near] = nearNames(name, expectable)
    return `${shown}: ${name} is not measured; ${near ? `did you mean ${near}?` : `there are ${expectable.join(', ')}`}`
  }
  if (!operator || not)
    return `${shown}: ${name} is compared, as in '${name}>${quantity.unit === 'time' ? '60s' : '1000'}'`
  if ((quantity.unit === 'time') !== (unit !== undefined)) {
    return `${shown}: ${quantity.unit === 'time' ? 'a time needs its unit, ms, s or m' : 'a count has no unit'}`
  }
  const limit = Number(number) * (unit === undefined ? 1 : units[unit as keyof typeof units])
  return {
    text: cut(text.trim(), 60),
    holds: (report) => {
      const figure = quantity.of(report)
      if (!figure) return { met: 'unknown', measured: 'not measured' }
      return { met: compare(figure, operator, limit), measured: figure.text }
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
