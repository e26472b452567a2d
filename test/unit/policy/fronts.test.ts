import { expect, test } from 'vitest'
import { fronts } from '../../../src/policy/fronts.ts'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { type UnnumberedFrontId, unnumberedFronts } from '../../../src/policy/unnumbered-fronts.ts'
import { rejection } from './rejection.ts'

const rows = Object.entries(fronts) as [keyof typeof fronts, (typeof fronts)[keyof typeof fronts]][]

test.each(rows)('%s has a number with a source', (_, front) => {
  expect(front.idleTimeout).toBeGreaterThanOrEqual(1_000)
  expect(front.sources.length).toBeGreaterThan(0)
  for (const source of front.sources) expect(new URL(source).protocol).toBe('https:')
  expect(front.read).toMatch(/^20\d\d-(0[1-9]|1[0-2])$/)
})

test.each(rows)('%s by itself gives a policy that keeps its rule', (id, front) => {
  const { keepAliveTimeout, keepAliveTimeoutBuffer, headersTimeout } = resolvePolicy({ behind: id })
  if (front.layer === 7) {
    expect(keepAliveTimeout).toBe(Math.max(65_000, front.keepAliveTimeout ?? 0))
    expect(keepAliveTimeout).toBeGreaterThan(front.idleTimeout)
    expect(headersTimeout).toBeGreaterThan(front.idleTimeout)
  } else {
    expect(keepAliveTimeout + keepAliveTimeoutBuffer).toBeLessThan(front.idleTimeout)
  }
})

test.each(rows.filter(([, front]) => front.layer === 4))(
  '%s names a setting, for the remedy to say',
  (_, front) => {
    expect(front.setting).not.toBeNull()
  },
)

test.each(Object.keys(unnumberedFronts) as UnnumberedFrontId[])('%s asks for its idle timeout', (id) => {
  expect(fronts).not.toHaveProperty(id)
  const error = rejection({ behind: id })
  expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_FRONT_TIMEOUT', option: 'behind', value: id })
  expect(error.remedy).toContain(`{ front: '${id}', idleTimeout: … }`)
  expect(resolvePolicy({ behind: { front: id, idleTimeout: 90_000 } }).keepAliveTimeout).toBe(95_000)
})
