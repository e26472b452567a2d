// Finds small changes that no test detects. Makes one change at a time in a copy of the tree, and runs tests there:
// npm run mutate -- src/connection/queue.ts --tests "test/unit/connection/queue.test.ts" --max 40 --seconds 600
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Copy } from './mutate/copy.mjs'
import { drawn, mutantsOf, mutated } from './mutate/mutants.mjs'

const usage = `npm run mutate -- FILE … [--tests "FILE …"] [--max 50] [--seconds 900] [--seed 1]

  FILE       a source file in src, changed in one place at a time
  --tests    the tests to run; by default all tests of unit, property and wire that
             import FILE. The tests of the page need npm run build first.
  --max      maximum number of mutants, drawn by --seed
  --seconds  no new mutant after this time
`

const root = fileURLToPath(new URL('..', import.meta.url))

function readOptions() {
  const text = (value) => ({ type: 'string', default: value })
  const options = { tests: text(''), max: text('50'), seconds: text('900'), seed: text('1') }
  const { values, positionals } = parseArgs({ allowPositionals: true, options })
  if (positionals.length === 0) throw new Error('no file to change')
  for (const name of ['max', 'seconds', 'seed'])
    if (!/^\d+$/.test(values[name])) throw new Error(`--${name} must be a whole number`)
  return {
    files: positionals.map((file) => relative(root, file)),
    tests: values.tests.split(/\s+/).filter((test) => test !== ''),
    max: Number(values.max),
    seconds: Number(values.seconds),
    seed: Number(values.seed),
  }
}

/** On one line, truncated. */
function shown(text) {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 60 ? `${line.slice(0, 57)}…` : line
}

function describe({ file, line, before, after }, source) {
  if (before !== '') return `${file}:${line}  ${shown(before)}  →  ${shown(after)}`
  const rest = source.split('\n')[line - 1]
  return `${file}:${line}  ${shown(rest)}  →  ${shown(`${after}${rest.trim()}`)}`
}

async function main({ files, tests, max, seconds, seed }) {
  const begun = performance.now()
  const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
  const all = files.flatMap((file) => mutantsOf(sources.get(file)).map((mutant) => ({ file, ...mutant })))
  const chosen = drawn(all, max, seed)
  const copy = new Copy(root)
  const related = ['related', ...files, '--project=unit', '--project=property', '--project=wire']
  const args = tests.length > 0 ? ['run', ...tests] : related
  const plain = await copy.test(args, seconds * 1_000)
  if (!plain.inTime) throw new Error(`the tests take more than ${seconds} s without a change`)
  if (!plain.passed) throw new Error(`the tests fail without a change:\n${plain.output.slice(-3_000)}`)
  const took = performance.now() - begun
  // On a busy machine the same tests may take twice as long.
  const limit = 3 * took + 5_000
  console.log(`${chosen.length} of ${all.length} mutants; the tests take ${(took / 1_000).toFixed(1)} s`)
  let killed = 0
  let survived = 0
  for (const mutant of chosen) {
    if (performance.now() - begun > seconds * 1_000) break
    const source = sources.get(mutant.file)
    copy.write(mutant.file, mutated(source, mutant))
    const { passed, inTime } = await copy.test(args, limit)
    copy.write(mutant.file, source)
    if (passed) console.log(`survived  ${describe(mutant, source)}`)
    // The mutant loops, or the machine was busy.
    if (!inTime) console.log(`timed out ${describe(mutant, source)}`)
    if (passed) survived++
    else killed++
  }
  const left = chosen.length - killed - survived
  if (left > 0) console.log(`${left} not tried: ${seconds} s are over`)
  console.log(`${killed + survived} mutants, ${killed} killed, ${survived} survived`)
}

let options
try {
  options = readOptions()
} catch (error) {
  console.error(`${error.message}\n\n${usage}`)
  process.exit(2)
}
try {
  await main(options)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
