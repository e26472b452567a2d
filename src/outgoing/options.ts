import type { NumberRange } from '../policy/options.ts'
import { checkNumber, readFields } from '../policy/read.ts'

export interface TrackOutgoingOptions {
  /**
   * How many origins get a row of their own; all that come later are in one row together. 1 to 100,000.
   *
   * @default 1000
   */
  readonly origins?: number | undefined
  /**
   * How many call sites are kept for each origin. A stack trace is taken of 10 requests a second at the most. 0 to 100; 0 is
   * off. Needs Node 22 for `node:http`.
   *
   * @default 0
   */
  readonly sites?: number | undefined
}

export interface ResolvedOutgoing {
  readonly origins: number
  readonly sites: number
}

const ranges: Readonly<Record<keyof ResolvedOutgoing, NumberRange>> = {
  origins: { kind: 'count', min: 1, max: 100_000 },
  sites: { kind: 'count', min: 0, max: 100 },
}

/** Checks the options and fills in the defaults. */
export function resolveOutgoing(options: unknown): ResolvedOutgoing {
  if (options === undefined) return { origins: 1_000, sites: 0 }
  const given = readFields(options, {
    name: 'trackOutgoing() options',
    prefix: 'trackOutgoing().',
    fields: Object.keys(ranges),
    rule: 'must be a plain object or left out',
    remedy: 'Pass an object, as in trackOutgoing({ origins: 1000 })',
    unknown: () => 'The options are origins and sites',
  })
  const number = (name: keyof ResolvedOutgoing, byDefault: number): number => {
    const value = given.get(name)
    return value === undefined
      ? byDefault
      : checkNumber(`trackOutgoing().${name}`, value, ranges[name], byDefault || 5)
  }
  return { origins: number('origins', 1_000), sites: number('sites', 0) }
}
