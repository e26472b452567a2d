// Makes each mistake of the list in a process, and collects the answer.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = fileURLToPath(new URL('program.mjs', import.meta.url))

/** The files that the shell lines name. */
const files = {
  'app.js':
    "require('node:http').createServer().listen(0, '127.0.0.1', () => setTimeout(process.exit, 50, 0))",
  'empty.log': '',
  'core.dump': Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]),
  'combined.log': `${'192.0.2.7 - - [14/Nov/2023:22:13:20 +0000] "GET / HTTP/1.1" 200 0 "-" "curl/8.5.0"\n'.repeat(20)}`,
  'snapshot.json': '{"version":0}',
}

/**
 * The answer to each mistake, in the order of the list.
 *
 * @param {readonly import('./list.mjs').Group[]} groups
 * @returns {Promise<string[]>}
 */
export async function runMistakes(groups) {
  const mistakes = groups.flatMap((group) => group.mistakes)
  const folder = mkdtempSync(join(tmpdir(), 'mistakes-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    const codes = mistakes.flatMap(({ code }) => (code === undefined ? [] : [code]))
    const inCode = run(process.execPath, ['--no-warnings', program, JSON.stringify(codes)], { cwd: root })
    // One process after another: the machine may be busy with tests.
    const answers = []
    for (const { line } of mistakes) if (line !== undefined) answers.push(await runLine(line, folder))
    const { out, errors } = await inCode
    if (out === '') throw new Error(errors || 'the program with the mistakes did not end')
    const told = JSON.parse(out).map((lines) => lines.join('\n'))
    return mistakes.map(({ line }) => (line === undefined ? told.shift() : answers.shift()))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs a line like a shell, with the built bin. */
async function runLine(line, folder) {
  const words = line.match(/'[^']*'|\S+/g).map((word) => word.replaceAll("'", ''))
  const variables = words.filter((word) => /^[A-Z_]+=/.test(word)).map((word) => word.split('='))
  const [command, ...args] = words.slice(variables.length)
  const env = { ...process.env, NO_COLOR: '1', ...Object.fromEntries(variables) }
  delete env.FORCE_COLOR
  delete env.NODE_OPTIONS
  const isKit = command === 'npx'
  const { errors } = isKit
    ? await run(process.execPath, [join(root, 'dist/cli.cjs'), ...args.slice(1)], { cwd: folder, env })
    : await run(
        process.execPath,
        args.map((arg) => (arg in files ? join(folder, arg) : arg)),
        { cwd: root, env },
      )
  return errors.trim().replaceAll(/^\(node:\d+\) /gm, '')
}

function run(command, args, options) {
  return new Promise((done) => {
    execFile(command, args, { timeout: 60_000, ...options }, (_error, out, errors) => done({ out, errors }))
  })
}
