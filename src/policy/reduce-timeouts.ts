import { KeepAliveError } from '../errors.ts'
import { type NumberRange, optionRules, type ReduceTimeouts } from './options.ts'
import { checkNumber, readFields, type Shape } from './read.ts'

/** The idle timeout in ms while `open` connections are open: linear between the two thresholds. */
export function reducedTimeout(keepAliveTimeout: number, open: number, by: ReduceTimeouts): number {
  const { scalingThreshold, saturationThreshold, minTimeout } = by
  if (open <= scalingThreshold) return keepAliveTimeout
  const pressure = Math.min(1, (open - scalingThreshold) / (saturationThreshold - scalingThreshold))
  return Math.round(keepAliveTimeout - pressure * (keepAliveTimeout - minTimeout))
}

const fields = ['scalingThreshold', 'saturationThreshold', 'minTimeout'] as const
const open: NumberRange = { kind: 'count', min: 1, max: Number.MAX_SAFE_INTEGER }
const shape: Shape = {
  name: 'reduceTimeouts',
  prefix: 'reduceTimeouts.',
  fields,
  rule: 'must be an object with two thresholds and a minimum timeout',
  remedy: 'Pass { scalingThreshold: 8000, saturationThreshold: 10000, minTimeout: 5000 }',
  unknown: () => `Its fields are ${fields.join(', ')}`,
}

/** Resolves the option `reduceTimeouts` and checks each field. */
export function resolveReduceTimeouts(given: unknown, keepAliveTimeout: number): ReduceTimeouts | undefined {
  if (given === undefined) return undefined
  const values = readFields(given, shape)
  const read = (field: (typeof fields)[number], range: NumberRange, example: number): number =>
    checkNumber(`reduceTimeouts.${field}`, values.get(field), range, example)
  const scalingThreshold = read('scalingThreshold', { ...open, min: 0 }, 8_000)
  const saturationThreshold = read(
    'saturationThreshold',
    { ...open, min: scalingThreshold + 1 },
    scalingThreshold + 1,
  )
  const max = keepAliveTimeout === 0 ? optionRules.keepAliveTimeout.max : keepAliveTimeout
  const minTimeout = read('minTimeout', { kind: 'time', min: 1, max }, Math.min(5_000, max))
  if (keepAliveTimeout === 0) throw nothingToReduce()
  return Object.freeze({ scalingThreshold, saturationThreshold, minTimeout })
}

function nothingToReduce(): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_TIMEOUT_CONFLICT', {
    option: 'keepAliveTimeout',
    rule: 'must be above 0 with reduceTimeouts: 0 means no timeout, which cannot shrink',
    value: 0,
    remedy: 'Set keepAliveTimeout, or leave reduceTimeouts out',
  })
}
