import { expect, it } from 'vitest'
import { kitOf } from '../../../src/adapters/kit-of.ts'
import { KeepAliveError, keepAlive } from '../../../src/index.ts'

it('returns a kit as it is', () => {
  const kit = keepAlive()
  expect(kitOf(kit)).toBe(kit)
})

it('creates a kit from options, or without', () => {
  expect(kitOf({ maxRequests: 7 }).policy.maxRequests).toBe(7)
  expect(kitOf(undefined).policy.maxRequests).toBe(0)
})

it('rejects an unreadable object, and runs none of its code', () => {
  const revocable = Proxy.revocable({}, {})
  revocable.revoke()
  expect(() => keepAlive(revocable.proxy)).toThrow(KeepAliveError)
})

it.each([[() => {}], ['aws-alb'], [null], [{ maxRequest: 7 }]])('rejects %o as keepAlive() does', (given) => {
  expect(() => kitOf(given as never)).toThrow(KeepAliveError)
})
