import { expect, it, onTestFinished } from 'vitest'
import { type KeepAlive, type KeepAliveOptions, keepAlive } from '../../../src/index.ts'
import { serve } from '../../support/server.ts'
import { collectWarnings } from '../../support/warnings.ts'

const reduce = (minTimeout: number): KeepAliveOptions => ({
  reduceTimeouts: { scalingThreshold: 8, saturationThreshold: 10, minTimeout },
})

/** Each option with the highest value that looks like seconds. */
const bounds: readonly [string, number, (value: number) => KeepAliveOptions][] = [
  ['keepAliveTimeout', 199, (keepAliveTimeout) => ({ keepAliveTimeout })],
  ['headersTimeout', 199, (headersTimeout) => ({ headersTimeout })],
  ['reduceTimeouts.minTimeout', 199, reduce],
  ['maxAge', 999, (maxAge) => ({ maxAge })],
  ['keepAliveTimeoutBuffer', 9, (keepAliveTimeoutBuffer) => ({ keepAliveTimeoutBuffer })],
  ['linger', 9, (linger) => ({ linger })],
]

it.each(bounds)('%s warns at once up to %d, and says what to write', (option, last, options) => {
  const told = collectWarnings()
  keepAlive(options(1))
  keepAlive(options(last))
  expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_SECONDS_MEANT', 'KEEPALIVE_SECONDS_MEANT'])
  const name = option.split('.').at(-1)
  expect(told[1]!.text).toBe(
    `${option} is ${last} ms, but seconds were probably meant: times are in milliseconds. For ${last} s, write ${name}: ${last * 1_000} (keepalive-kit/docs/warnings/KEEPALIVE_SECONDS_MEANT.md)`,
  )
})

it.each(bounds)('%s does not warn above %d, at 0, or where it is left out', (option, last, options) => {
  const told = collectWarnings()
  keepAlive(options(last + 1))
  if (option !== 'reduceTimeouts.minTimeout') keepAlive(options(0))
  keepAlive()
  expect(told).toEqual([])
})

it('warns once for each option, unless it is silenced', () => {
  const told = collectWarnings()
  const options = { keepAliveTimeout: 65, headersTimeout: 66, maxAge: 300 }
  keepAlive(options)
  expect(told.map(({ text }) => text.split(' ')[0])).toEqual(Object.keys(options))
  keepAlive({ ...options, silence: ['KEEPALIVE_SECONDS_MEANT'] })
  expect(told).toHaveLength(3)
})

it('does not warn about timeouts that come from behind', () => {
  const told = collectWarnings()
  keepAlive({ behind: { proxy: 'nginx', idleTimeout: 1_000 } })
  expect(told).toEqual([])
})

async function attached(options?: KeepAliveOptions): Promise<KeepAlive> {
  const kit = keepAlive(options)
  await serve((_req, res) => void res.end(), kit.attach)
  onTestFinished(() => kit.detach())
  return kit
}

it.each([
  ['timeout', { timeout: 25 }, { timeout: 200 }],
  ['spread', { timeout: 1_000, spread: 10 }, { timeout: 1_000, spread: 100 }],
  ['wait', { timeout: 1_000, wait: 5 }, { timeout: 1_000, wait: 100 }],
])('drain() warns of its %s', async (name, seconds, milliseconds) => {
  const told = collectWarnings()
  await (await attached()).drain(milliseconds)
  expect(told).toEqual([])
  await (await attached()).drain(seconds)
  expect(told.map(({ code }) => code)).toEqual(['KEEPALIVE_SECONDS_MEANT'])
  expect(told[0]!.text).toMatch(new RegExp(`^drain\\(\\)\\.${name} is \\d+ ms, .* write ${name}: \\d+000 `))
  await (await attached({ silence: ['KEEPALIVE_SECONDS_MEANT'] })).drain(seconds)
  expect(told).toHaveLength(1)
})

it('a second drain() does not warn again', async () => {
  const told = collectWarnings()
  const kit = await attached()
  await Promise.all([kit.drain({ timeout: 25 }), kit.drain({ timeout: 25 })])
  await kit.drain({ timeout: 25 })
  expect(told).toHaveLength(1)
})

it.each([1_800, 3_600, 7_200, 86_400])('maxAge: %d was meant in seconds', (maxAge) => {
  const told = collectWarnings()
  keepAlive({ maxAge })
  expect(told.map(({ text }) => text)).toEqual([expect.stringContaining(`write maxAge: ${maxAge * 1_000} `)])
})

it.each([1_000, 1_500, 2_000, 9_000, 18_000, 60_000, 88_200, 600_000, 3_600_000])(
  'maxAge: %d is in milliseconds',
  (maxAge) => {
    const told = collectWarnings()
    keepAlive({ maxAge })
    expect(told).toEqual([])
  },
)
