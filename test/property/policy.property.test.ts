import fc from 'fast-check'
import { assert, expect, test } from 'vitest'
import { KeepAliveError } from '../../src/errors.ts'
import { findingCodes } from '../../src/findings.ts'
import type { ResolvedProxy } from '../../src/policy/behind.ts'
import { drawCap } from '../../src/policy/jitter.ts'
import { type KeepAliveOptions, maxTimer, optionRules } from '../../src/policy/options.ts'
import { type Policy, requestTimeoutFor, resolvePolicy } from '../../src/policy/policy.ts'
import { proxies } from '../../src/policy/proxies.ts'
import { nearNames } from '../../src/policy/spelling.ts'
import { unnumberedProxies } from '../../src/policy/unnumbered-proxies.ts'
import { warningCodes } from '../../src/warnings.ts'

const fail = (): never => assert.fail('code of the user ran outside of a guard')
const revocable = Proxy.revocable({}, {})
revocable.revoke()

/** Values that bite whoever touches them. */
const hostile: unknown[] = [
  revocable.proxy,
  new Proxy({}, { ownKeys: fail }),
  new Proxy([], { get: fail }),
  new Proxy([], { get: () => ({ [Symbol.toPrimitive]: fail }) }),
  new Proxy({}, { getPrototypeOf: fail }),
  Object.defineProperty({}, 'maxAge', { enumerable: true, get: fail }),
  Object.defineProperty({}, 'proxy', { enumerable: true, get: fail }),
  { toString: fail, [Symbol.toPrimitive]: fail },
  Symbol('s\n'),
  () => 'f',
  Number.NaN,
  -0,
  10n ** 60n,
  new Map(),
  Promise.resolve(),
  'x\n\u2028'.repeat(100_000),
]

/** Stands for a hostile value, as fast-check looks into what it generates. */
class Marker {
  readonly index: number
  constructor(index: number) {
    this.index = index
  }
}

function unmarked(value: unknown): unknown {
  if (value instanceof Marker) return hostile[value.index]
  if (Array.isArray(value)) return value.map(unmarked)
  if (typeof value !== 'object' || value === null) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unmarked(inner)]))
}

const numbered = fc.constantFrom(...Object.keys(proxies))
const id = fc.constantFrom(...Object.keys(proxies), ...Object.keys(unnumberedProxies), 'constructor', '')
const marker = fc.nat(hostile.length - 1).map((index) => new Marker(index))
const anything = fc.oneof(
  fc.anything({ withBigInt: true, withSparseArray: true, withNullPrototype: true }),
  marker,
)
const rarely = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 49, arbitrary: usual }, { weight: 1, arbitrary: other })

const badNumber = fc.oneof(fc.double(), fc.integer(), fc.nat(maxTimer))
const time = rarely(fc.nat(700_000), badNumber)
const idleTimeout = rarely(fc.integer({ min: 1_000, max: 700_000 }), badNumber)
const override = fc.record({ proxy: rarely(id, anything), idleTimeout: rarely(idleTimeout, anything) })
const entry = rarely(fc.oneof(numbered, override, override), fc.oneof(id, anything))
const right: Record<string, fc.Arbitrary<unknown>> = {
  ...Object.fromEntries(Object.keys(optionRules).map((name) => [name, time])),
  behind: fc.oneof(entry, fc.array(entry, { maxLength: 4 })),
  keepAliveTimeoutBuffer: rarely(fc.nat(3_000), badNumber),
  jitter: rarely(fc.double({ min: 0, max: 1, noNaN: true }), badNumber),
  tcpKeepAlive: rarely(fc.constantFrom(0, 1_000, 7_200_000), badNumber),
  reduceTimeouts: rarely(
    fc.record({
      scalingThreshold: fc.nat(100),
      saturationThreshold: fc.integer({ min: 101, max: 200 }),
      minTimeout: fc.integer({ min: 1, max: 1_000 }),
    }),
    anything,
  ),
  clients: rarely(fc.constantFrom(0, 2, 1_000, 10_000), badNumber),
  maskAddresses: fc.boolean(),
  log: fc.constantFrom(true, false, 'logfmt', 'json', () => {}),
  silence: fc.array(rarely(fc.constantFrom(...findingCodes, ...warningCodes), anything), { maxLength: 4 }),
}

/** Some of the options, mostly of the right kind: about half of these are accepted. */
const options = fc.record(
  Object.fromEntries(Object.entries(right).map(([name, kind]) => [name, rarely(kind, anything)])),
  { requiredKeys: [] },
)

type Outcome = { policy: Policy } | { error: KeepAliveError }

function outcome(given: unknown): Outcome {
  try {
    return { policy: resolvePolicy(given as KeepAliveOptions) }
  } catch (error) {
    assert(error instanceof KeepAliveError, 'nothing but a KeepAliveError is thrown')
    return { error }
  }
}

function checkError(error: KeepAliveError): void {
  expect(error.message).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]{1,1200}$/u)
  expect(error.option).toBeTypeOf('string')
  for (const part of [error.rule, error.remedy, error.help]) {
    expect(part).not.toBe('')
    expect(error.message).toContain(part)
  }
  expect(error).toHaveProperty('value')
}

function checkPolicy(policy: Policy): void {
  expect(Object.keys(policy).sort()).toEqual(Object.keys(optionRules).sort())
  for (const part of [policy, policy.behind, ...policy.behind, policy.silence])
    expect(Object.isFrozen(part)).toBe(true)
  for (const [name, rule] of Object.entries(optionRules)) {
    if (rule.kind === 'flag') expect(policy[name as keyof Policy]).toBeTypeOf('boolean')
    if (!('min' in rule)) continue
    const value = policy[name as keyof Policy] as number
    const isOff = value === 0 && rule.zero !== undefined
    expect(isOff || (value >= rule.min && value <= rule.max), `${name}: ${value}`).toBe(true)
    if (rule.kind !== 'fraction') expect(value).toSatisfy(Number.isSafeInteger)
  }
  expect(policy.keepAliveTimeout + policy.keepAliveTimeoutBuffer).toBeLessThanOrEqual(maxTimer)
  const { reduceTimeouts, keepAliveTimeout } = policy
  if (reduceTimeouts) {
    expect(Object.isFrozen(reduceTimeouts)).toBe(true)
    expect(reduceTimeouts.saturationThreshold).toBeGreaterThan(reduceTimeouts.scalingThreshold)
    expect(reduceTimeouts.minTimeout).toBeLessThanOrEqual(keepAliveTimeout)
  }
  checkAgainstProxies(policy)
}

function checkAgainstProxies({
  behind,
  keepAliveTimeout,
  keepAliveTimeoutBuffer,
  headersTimeout,
}: Policy): void {
  const orNever = (timeout: number): number => (timeout === 0 ? Infinity : timeout)
  const pool = behind.findIndex(({ layer }) => layer === 7)
  const before: ResolvedProxy[] = behind.slice(0, pool === -1 ? behind.length : pool)
  for (const { idleTimeout } of before) {
    expect(orNever(keepAliveTimeout) + keepAliveTimeoutBuffer).toBeLessThan(idleTimeout!)
  }
  if (pool === -1) return
  expect(orNever(keepAliveTimeout)).toBeGreaterThan(behind[pool]!.idleTimeout!)
  expect(orNever(headersTimeout)).toBeGreaterThan(behind[pool]!.idleTimeout!)
}

test.each([
  ['nearly right options', options],
  ['anything', fc.oneof(anything, fc.dictionary(fc.string(), anything))],
])('%s: a valid policy or a KeepAliveError, nothing else', (_, given) => {
  fc.assert(
    fc.property(given, (value) => {
      const result = outcome(unmarked(value))
      if ('policy' in result) checkPolicy(result.policy)
      else checkError(result.error)
    }),
    { numRuns: 2_000 },
  )
})

test('what was given and accepted is in the policy as it was', () => {
  fc.assert(
    fc.property(options, (marked) => {
      const given = unmarked(marked) as KeepAliveOptions
      const result = outcome(given)
      if ('error' in result) return
      for (const [name, value] of Object.entries(given)) {
        if (name === 'behind' || value === undefined) continue
        const expected = name === 'log' && value === true ? 'logfmt' : value
        const same = Object.is(expected, -0) ? 0 : expected
        if (name === 'silence') expect(result.policy.silence).toEqual(same)
        else if (name === 'reduceTimeouts') expect(result.policy.reduceTimeouts).toEqual(same)
        else expect(result.policy[name as keyof Policy]).toBe(same)
      }
    }),
  )
})

test('a policy resolves to itself', () => {
  fc.assert(
    fc.property(options, (marked) => {
      const given = unmarked(marked) as KeepAliveOptions
      const result = outcome(given)
      if ('error' in result) return
      const { behind, ...rest } = result.policy
      const again = behind.filter(({ idleTimeout }) => idleTimeout !== null)
      const overrides = again.map(({ id: proxy, idleTimeout }) => ({
        proxy,
        idleTimeout: idleTimeout as number,
      }))
      expect(resolvePolicy({ ...rest, behind: overrides })).toEqual({
        ...rest,
        behind: again.map((proxy) => ({ ...proxy, overridden: true })),
      })
    }),
  )
})

test('requestTimeout is off, or at least headersTimeout, and never lowered', () => {
  fc.assert(
    fc.property(fc.nat(maxTimer), fc.nat(maxTimer), (headersTimeout, current) => {
      const raised = requestTimeoutFor(resolvePolicy({ headersTimeout }), current)
      expect(raised).toBe(current === 0 ? 0 : Math.max(current, headersTimeout))
    }),
  )
})

test('a drawn cap is a whole number within the jitter, and never 0 unless the cap is', () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const jitter = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(fc.maxSafeNat(), jitter, chance, (cap, spread, random) => {
      const drawn = drawCap(cap, spread, () => random)
      expect(drawn).toSatisfy(Number.isSafeInteger)
      expect(drawn).toBeLessThanOrEqual(cap)
      expect(drawn).toBeGreaterThanOrEqual(Math.min(cap, Math.max(1, Math.ceil(cap * (1 - spread)))))
    }),
  )
})

test('one slip in a name of three letters or more is always put right', () => {
  const names = Object.keys(optionRules)
  const slip = fc.tuple(fc.constantFrom(...names), fc.nat(), fc.constantFrom('drop', 'double', 'swap'))
  fc.assert(
    fc.property(slip, ([name, place, kind]) => {
      const at = place % name.length
      const [here, next] = [name[at]!, name[at + 1] ?? '']
      const made = { drop: '', double: here + here, swap: next + here }[kind]
      const slipped = name.slice(0, at) + made + name.slice(at + (kind === 'swap' ? 2 : 1))
      expect(nearNames(slipped, names)).toContain(name)
    }),
  )
})
