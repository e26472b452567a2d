// What the kit costs, measured side by side in one run: npm run bench -- --help
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { table } from '../build/cli/table.js'
import { describe, judge } from './bars.mjs'
import * as cpu from './cpu/measure.mjs'
import * as growth from './growth/measure.mjs'
import { hasH2load } from './h2load.mjs'
import * as memory from './memory/measure.mjs'
import { findNodes } from './nodes.mjs'
import { readOptions, UsageError } from './options.mjs'
import * as outgoing from './outgoing/measure.mjs'
import * as value from './value/measure.mjs'
import { hasWrk } from './wrk.mjs'

/** Each kind has `about`, `names`, `columns` and `measure()`. */
const measurements = { cpu, memory, growth, value, outgoing }

const names = Object.fromEntries(Object.entries(measurements).map(([kind, { names }]) => [kind, names]))

const lines = (entry) => Object.entries(measurements).map(entry).join('\n')

const usage = `npm run bench -- [measurement …] [options]

${lines(([kind, { about }]) => `  ${kind.padEnd(16)}${about}`)}
                  all of them where none is named

  --rounds N      rounds of each measurement (default 9)
  --seconds N     seconds of load for each subject in a round (default 1)
  --only IDS      some of what is listed below, separated by commas
  --nodes MAJORS  on these versions of Node, as 20,22,24,26, each fetched by npx; else on the one that runs this
  --check         exit with 1 where a bar is missed
  --retries N     measure what missed its bar again, so often (default 2)
  --json FILE     write the results to FILE, too
  --help

${lines(([kind, { names }]) => `${kind}: ${names.join(', ')}`)}
`

/** The context without which a result means nothing. */
function machine() {
  const [first] = cpus()
  return {
    platform: `${process.platform} ${process.arch}`,
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
  }
}

/** One line that is overwritten; nothing without a terminal. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

/** Measures on one Node, prints a table, and judges if asked to. */
async function run(kind, { version, binary }, options) {
  const { measure, columns, about, names: all } = measurements[kind]
  const measureSome = async (ids) => {
    const results = await measure({ ...options, ids, node: binary, tell: progress })
    progress('')
    console.log(`${table(columns, results).join('\n')}\n`)
    return results
  }
  const ids = options.only.length > 0 ? all.filter((id) => options.only.includes(id)) : all
  if (ids.length === 0) return { results: [], tries: [], failed: [] }
  console.log(`${about}; Node ${version}\n`)
  const results = await measureSome(ids)
  const tries = []
  const again = async (some) => {
    tries.push(await measureSome(some))
    return tries.at(-1)
  }
  const failed = options.check ? await judge(results, { ...options, again, tell: console.log }) : []
  if (failed.length > 0) console.log(`Missed: ${describe(failed)}.\n`)
  return { results, tries, failed }
}

async function main() {
  const options = readOptions(process.argv.slice(2), names)
  if (options.help) return console.log(usage)
  if (options.kinds.includes('cpu') && !(await hasWrk())) {
    throw new UsageError(
      'wrk sends the requests, and is not installed. Debian, Ubuntu: apt install wrk. macOS: brew install wrk. Else: https://github.com/wg/wrk',
    )
  }
  const isByHttp2 = (id) => id.startsWith('h2')
  const asksForHttp2 = options.only.length === 0 || options.only.some(isByHttp2)
  if (options.kinds.includes('cpu') && asksForHttp2 && !(await hasH2load())) {
    throw new UsageError(
      'h2load sends the requests by HTTP/2, and is not installed. Debian, Ubuntu: apt install nghttp2-client. macOS: brew install nghttp2',
    )
  }
  const where = machine()
  console.log(`${where.cores} × ${where.cpu}, ${where.platform}\n`)
  const runs = []
  for (const node of await findNodes(options.nodes))
    for (const kind of options.kinds)
      runs.push({ measurement: kind, node: node.version, ...(await run(kind, node, options)) })
  if (options.json !== undefined) {
    const { rounds, seconds } = options
    await writeFile(options.json, `${JSON.stringify({ ...where, rounds, seconds, runs }, null, 2)}\n`)
  }
  if (!options.check) return
  const failed = runs.flatMap((each) => each.failed)
  console.log(failed.length === 0 ? 'All bars are met.' : `${failed.length} bars are missed.`)
  if (failed.length > 0) process.exitCode = 1
}

// The processes that we started end with us.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
await main().catch((error) => {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
})
