import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAst } from 'rolldown/parseAst'
import { expect, it } from 'vitest'
// @ts-expect-error a script without types
import * as script from '../../scripts/mutate/mutants.mjs'

interface Mutant {
  readonly start: number
  readonly line: number
  readonly before: string
  readonly after: string
}
const { mutantsOf, mutated, drawn } = script as {
  mutantsOf(source: string): Mutant[]
  mutated(source: string, mutant: Mutant): string
  drawn<T>(list: readonly T[], most: number, seed: number): T[]
}

const texts = (source: string): string[] => mutantsOf(source).map((mutant) => mutated(source, mutant))

it.each([
  ['a comparison', 'x = a < b', ['x = a <= b']],
  ['an equality', 'x = a === b', ['x = a !== b']],
  ['a logical operator', 'x = a && b', ['x = a || b']],
  ['a sum', 'x = a + b', ['x = a - b']],
  ['a count', 'n++', ['n--']],
  ['a count before', '--n', ['++n']],
  ['a sum in place', 'n += m', ['n -= m']],
  ['a truth', 'x = true', ['x = false']],
  ['zero', 'x = 0', ['x = 1']],
  ['a number', 'x = 1_000', ['x = 2000']],
  ['a call', 'f(a)', [';']],
  ['a call that is awaited', 'await a?.f()', [';']],
  ['a condition', 'if (a) b = c', ['if (!(a)) b = c']],
  ['a choice', 'x = a ? b : c', ['x = !(a) ? b : c']],
  ['a function', 'function f() { return a }', ['function f() { return; return a }']],
  ['an operator beside brackets', 'x = (a) < (b)', ['x = (a) <= (b)']],
  ['an operator beside comments', 'x = a /* < */ < b', ['x = a /* < */ <= b']],
])('changes %s', (_, source, expected) => {
  expect(texts(source)).toEqual(expected)
})

it('makes one change at a time, in the order of the text, with its line', () => {
  const source = 'if (a < 1)\n  f()\n'
  expect(mutantsOf(source).map(({ line, before, after }) => [line, before, after])).toEqual([
    [1, 'a < 1', '!(a < 1)'],
    [1, '<', '<='],
    [1, '1', '2'],
    [2, 'f()', ';'],
  ])
})

it.each([
  ['comments', '// a < b && f(1)\n/* true */'],
  ['strings', "x = 'a < b'; y = `1 + 2`"],
  ['joined strings', "x = 'a' + b + c"],
  ['types', 'type T = 1 | true; let x: 0 | Array<2>; interface I { f(): 1 }; g = <T extends 1>(x: T) => x'],
  ['a constructor', 'class A extends B { constructor() { super() } }'],
  ['a call whose value counts', 'x = f()'],
])('leaves alone %s', (_, source) => {
  expect(texts(source)).toEqual([])
})

it('changes code before a type', () => {
  expect(texts('x = (a < b) as true')).toEqual(['x = (a <= b) as true'])
})

it('draws the same mutants for the same seed, up to the number', () => {
  const list = Array.from({ length: 100 }, (_, i) => i)
  const ten = drawn(list, 10, 7)
  expect(ten).toHaveLength(10)
  expect(ten).toEqual([...ten].sort((a, b) => a - b))
  expect(drawn(list, 10, 7)).toEqual(ten)
  expect(drawn(list, 10, 8)).not.toEqual(ten)
  expect(drawn(list, 1_000, 7)).toEqual(list)
})

it('makes source text that parses and that differs', () => {
  const folder = join(import.meta.dirname, '../../src/policy')
  const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
  const made = sources.flatMap((source) => mutantsOf(source).map((mutant) => [source, mutant] as const))
  expect(made.length).toBeGreaterThan(50)
  for (const [source, mutant] of made) {
    const text = mutated(source, mutant)
    expect(text).not.toBe(source)
    expect(() => parseAst(text, { lang: 'ts' }), `line ${mutant.line}: ${mutant.after}`).not.toThrow()
  }
})
