import { Writable } from 'node:stream'
import { WriteStream } from 'node:tty'
import { afterEach, expect, test, vi } from 'vitest'
import { lookOf, proseWidth } from '../../../src/cli/look.ts'

const stream = (properties: object): NodeJS.WriteStream =>
  Object.assign(
    new Writable({ write: (_chunk, _encoding, done) => done() }),
    properties,
  ) as unknown as NodeJS.WriteStream

/** Tells its colors as Node's own does. */
const terminal = (columns: number): NodeJS.WriteStream =>
  stream({ isTTY: true, columns, getColorDepth: WriteStream.prototype.getColorDepth })

afterEach(() => void vi.unstubAllEnvs())

test.each([
  [60, 60, 60],
  [200, 200, 100],
  [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
])('a terminal of %d columns is %d wide, prose %d', (columns, width, prose) => {
  const look = lookOf(terminal(columns))
  expect(look.width).toBe(width)
  expect(proseWidth(look)).toBe(prose)
})

test('a pipe has no width', () => {
  expect(lookOf(stream({})).width).toBe(Number.POSITIVE_INFINITY)
})

const colored = '\u001b[1m\u001b[31mx\u001b[39m\u001b[22m'

test.each([
  ['terminal', {}, colored],
  ['pipe', {}, 'x'],
  ['terminal', { NO_COLOR: '1' }, 'x'],
  ['terminal', { TERM: 'dumb' }, 'x'],
  ['pipe', { FORCE_COLOR: '1' }, colored],
  ['pipe', { FORCE_COLOR: '3' }, colored],
  ['terminal', { FORCE_COLOR: '0' }, 'x'],
  ['pipe', { FORCE_COLOR: '1', NO_COLOR: '1' }, colored],
] as [string, Readonly<Record<string, string>>, string][])('a %s with %j', (target, env, expected) => {
  // vitest sets some of these.
  const names = ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'COLORTERM', 'CI', 'TMUX', 'TERM_PROGRAM']
  for (const name of names) vi.stubEnv(name, undefined)
  for (const [name, value] of Object.entries({ TERM: 'xterm-256color', ...env })) vi.stubEnv(name, value)
  const { style } = lookOf(target === 'pipe' ? stream({}) : terminal(80))
  expect(style(['bold', 'red'], 'x')).toBe(expected)
})
