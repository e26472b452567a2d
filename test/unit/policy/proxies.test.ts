import { expect, test } from 'vitest'
import { resolvePolicy } from '../../../src/policy/policy.ts'
import { proxies } from '../../../src/policy/proxies.ts'
import { type UnnumberedProxyId, unnumberedProxies } from '../../../src/policy/unnumbered-proxies.ts'
import { rejection } from './rejection.ts'

const rows = Object.entries(proxies) as [keyof typeof proxies, (typeof proxies)[keyof typeof proxies]][]

test.each(rows)('%s has a number with a source', (_, proxy) => {
  expect(proxy.idleTimeout).toBeGreaterThanOrEqual(1_000)
  expect(proxy.sources.length).toBeGreaterThan(0)
  for (const source of proxy.sources) expect(new URL(source).protocol).toBe('https:')
  expect(proxy.read).toMatch(/^20\d\d-(0[1-9]|1[0-2])$/)
})

test.each(rows)('%s alone gives a policy that obeys its rule', (id, proxy) => {
  const { keepAliveTimeout, keepAliveTimeoutBuffer, headersTimeout } = resolvePolicy({ behind: id })
  if (proxy.layer === 7) {
    expect(keepAliveTimeout).toBe(Math.max(65_000, proxy.keepAliveTimeout ?? 0))
    expect(keepAliveTimeout).toBeGreaterThan(proxy.idleTimeout)
    expect(headersTimeout).toBeGreaterThan(proxy.idleTimeout)
  } else {
    expect(keepAliveTimeout + keepAliveTimeoutBuffer).toBeLessThan(proxy.idleTimeout)
  }
})

test.each(rows.filter(([, proxy]) => proxy.layer === 4))(
  '%s names a setting, for the remedy to say',
  (_, proxy) => {
    expect(proxy.setting).not.toBeNull()
  },
)

test.each(Object.keys(unnumberedProxies) as UnnumberedProxyId[])('%s asks for its idle timeout', (id) => {
  expect(proxies).not.toHaveProperty(id)
  const error = rejection({ behind: id })
  expect(error).toMatchObject({ code: 'ERR_KEEPALIVE_PROXY_TIMEOUT', option: 'behind', value: id })
  expect(error.remedy).toContain(`{ proxy: '${id}', idleTimeout: … }`)
  expect(resolvePolicy({ behind: { proxy: id, idleTimeout: 90_000 } }).keepAliveTimeout).toBe(95_000)
})
