import { assert } from 'vitest'
import { KeepAliveError } from '../../../src/errors.ts'
import type { KeepAliveOptions } from '../../../src/policy/options.ts'
import { resolvePolicy } from '../../../src/policy/policy.ts'

/** The error for rejected options. Plain JavaScript may pass any value. */
export function rejection(options: unknown): KeepAliveError {
  try {
    resolvePolicy(options as KeepAliveOptions)
  } catch (error) {
    assert(error instanceof KeepAliveError, `not a KeepAliveError: ${error}`)
    return error
  }
  return assert.fail('the options were accepted')
}
