// CPU per request, against bare Node and the peers, side by side in one run: npm run bench -- --help
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { measureCpu } from './cpu.mjs'
import { environment, renderTable } from './report.mjs'
import { subjects } from './subjects.mjs'
import { hasWrk } from './wrk.mjs'

const usage = `npm run bench -- [options]

  --rounds N      rounds, each with fresh processes (default 9)
  --seconds N     length of a slice: one subject under load (default 1)
  --only IDS      some subjects, separated by commas; their bases come along
  --json FILE     also write the results to FILE
  --check         exit with 1 where a subject misses its bar
  --help

Subjects: ${Object.keys(subjects).join(', ')}
`

class UsageError extends Error {}

function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '9' },
      seconds: { type: 'string', default: '1' },
      only: { type: 'string', default: Object.keys(subjects).join() },
      json: { type: 'string' },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const ids = values.only.split(',').filter((id) => id !== '')
  const unknown = ids.find((id) => !Object.hasOwn(subjects, id))
  if (unknown !== undefined) throw new UsageError(`--only: there is no subject ${JSON.stringify(unknown)}`)
  return { ...values, ids, rounds: wholeNumber('rounds', values), seconds: wholeNumber('seconds', values) }
}

function wholeNumber(name, values) {
  const number = Number(values[name])
  if (Number.isInteger(number) && number > 0) return number
  throw new UsageError(`--${name} takes a whole number above 0, got ${JSON.stringify(values[name])}`)
}

/** Measures the subjects, base by base, and prints a table for each. */
async function measure(ids, options) {
  const bases = new Set(ids.map((id) => subjects[id].base ?? id))
  const results = []
  for (const base of bases) {
    const others = ids.filter((id) => subjects[id].base === base)
    const onRound = (round) => progress(`${base}: round ${round + 1} of ${options.rounds}`)
    const measured = await measureCpu(base, others, { ...options, onRound })
    progress('')
    console.log(`${renderTable(measured)}\n`)
    results.push(...measured)
  }
  return results
}

/** One line that is written over; nothing where nobody watches. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

const missed = (results) => results.filter(({ id, ratio }) => ratio?.median > (subjects[id].bar ?? Infinity))

/** Exits with 1 where a bar is missed twice: once may be noise. */
async function check(results, options) {
  const first = missed(results)
  if (first.length === 0) return console.log('All bars are met.')
  console.log(`Above the bar: ${describe(first)}. That may be noise: once more.\n`)
  const second = missed(
    await measure(
      first.map(({ id }) => id),
      options,
    ),
  )
  if (second.length === 0) return console.log('All bars are met at the second try.')
  console.log(`Missed twice: ${describe(second)}.`)
  process.exitCode = 1
}

function describe(results) {
  return results
    .map(
      ({ id, ratio }) => `${id} costs ${ratio.median.toFixed(3)} × its base, ${subjects[id].bar} is allowed`,
    )
    .join('; ')
}

async function main() {
  const options = readOptions(process.argv.slice(2))
  if (options.help) return console.log(usage)
  if (!(await hasWrk())) {
    throw new UsageError(
      'wrk sends the requests, and is not installed. Debian, Ubuntu: apt install wrk. macOS: brew install wrk. Else: https://github.com/wg/wrk',
    )
  }
  const where = environment()
  console.log(`CPU per request, Node ${where.node} on ${where.platform}, ${where.cores} × ${where.cpu}\n`)
  const results = await measure(options.ids, options)
  if (options.json !== undefined) {
    const { rounds, seconds } = options
    await writeFile(options.json, `${JSON.stringify({ ...where, rounds, seconds, results }, null, 2)}\n`)
  }
  if (options.check) await check(results, options)
}

await main().catch((error) => {
  if (!(error instanceof UsageError) && !error.code?.startsWith('ERR_PARSE_ARGS_')) throw error
  console.error(error.message)
  process.exitCode = 2
})
