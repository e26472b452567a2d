import type { MetricAttributes } from '@opentelemetry/api'
import { KeepAliveError } from '../errors.ts'

/** Attributes that were given as an option, or none. */
export function checkAttributes(option: string, given: unknown): MetricAttributes {
  if (typeof given === 'object' && given !== null) return { ...given }
  if (given === undefined) return {}
  throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    option,
    rule: 'must be an object',
    value: given,
    remedy: "Pass the attributes by name, as in { 'server.port': 8080 }",
  })
}
