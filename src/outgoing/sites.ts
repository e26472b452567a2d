import type { Clock } from '../clock.ts'
import { cut, printable } from '../words.ts'
import type { Row } from './row.ts'

/** Between two stack traces, in ms: each takes about as long as the request itself. */
const pause = 100

/** The caller stands below the frames of its client library. */
const frames = 40

const longest = 300

/** Where the requests come from: a stack trace now and then, and no more sites per origin than asked for. */
export class CallSites {
  readonly #most: number
  #next = Number.NEGATIVE_INFINITY

  constructor(most: number) {
    this.#most = most
  }

  /**
   * To be called within the call that sends the request.
   *
   * @param row - that of the request's origin; asked for only where a stack trace is due.
   */
  see(clock: Clock, row: () => Row): void {
    if (this.#most === 0 || clock.now() < this.#next) return
    this.#next = clock.now() + pause
    this.#sample(row())
  }

  #sample(row: Row): void {
    const site = siteIn(stack())
    if (site === undefined) return
    const known = row.sites.get(site)
    if (known !== undefined || row.sites.size < this.#most) row.sites.set(site, (known ?? 0) + 1)
  }
}

/** The first frame that is the app's own. */
export function siteIn(stack: string): string | undefined {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line))
  // Above stands the subscriber.
  const published = lines.findIndex((line) => line.includes('node:diagnostics_channel'))
  const line = lines
    .slice(published + 1)
    .find((each) => !/\bnode:|[\\/]node_modules[\\/]|<anonymous>|\bnative\b/.test(each))
  const site = line?.replace(/^\s+at (?:async )?/, '').replace('file://', '')
  return site && printable(cut(site, longest))
}

function stack(): string {
  const { stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = frames
    const holder: { stack?: unknown } = {}
    Error.captureStackTrace(holder)
    return typeof holder.stack === 'string' ? holder.stack : ''
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
