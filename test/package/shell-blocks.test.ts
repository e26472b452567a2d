// What README, docs and --help show for a shell runs as it stands.
import { execFile } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
// @ts-expect-error a script without types
import { readOptions as readBench } from '../../bench/options.mjs'
import manifest from '../../package.json' with { type: 'json' }
import { help as adviseHelp } from '../../src/cli/advise/arguments.ts'
import { help as explainHelp } from '../../src/cli/explain/arguments.ts'
import { help as probeHelp } from '../../src/cli/probe/arguments.ts'
import { readEnvironment } from '../../src/process/environment.ts'
import { codeBlocks, docPages, readPage } from '../support/doc-blocks.ts'
import { makeShell, type Shell } from '../support/shell.ts'

let shell: Shell

beforeAll(async () => {
  shell = await makeShell()
})
afterAll(() => shell.close())

const pages = docPages().filter((page) => !page.endsWith('mistakes.md'))
const blocks = new Map(
  pages.flatMap((page) => codeBlocks(readPage(page), 'sh').map((code) => [code, page] as const)),
)
const examples = [probeHelp, adviseHelp, explainHelp].flatMap((help) =>
  help.examples.map(([line]) => [`npx keepalive-kit ${line}\n`, '--help'] as const),
)

interface Ended {
  readonly code: number
  readonly out: string
  readonly errors: string
}

function runBlock(code: string): Promise<Ended> {
  return new Promise((done) => {
    const options = { cwd: shell.folder, env: shell.env, timeout: 30_000 }
    const child = execFile('sh', ['-e', '-c', code], options, (_error, out, errors) =>
      done({ code: child.exitCode ?? -1, out, errors }),
    )
  })
}

describe.concurrent('a shell block', { timeout: 40_000 }, () => {
  it.each([...blocks, ...examples])('%s of %s', async (code) => {
    const { code: ended, out, errors } = await runBlock(code)
    // A wait is announced on stderr.
    const faults = errors.replaceAll(/^keepalive-kit probe: waiting .*\n/gm, '')
    expect({ ended, faults }).toEqual({ ended: 0, faults: '' })
    const count = (pattern: RegExp): number => code.match(pattern)?.length ?? 0
    expect(out.match(/^(?:PASS|FAIL|INCOMPLETE): /gm)?.length ?? 0).toBe(count(/npx keepalive-kit probe/g))
    if (!code.includes('--json'))
      expect(out.match(/^(?:CAUSE|UNKNOWN|NONE): /gm)?.length ?? 0).toBe(count(/npx keepalive-kit explain/g))
    expect(out.match(/^(?:SET|KEEP|NO ADVICE): /gm)?.length ?? 0).toBe(count(/npx keepalive-kit advise/g))
    // The kit is attached: Node's own timeout is 5 s, and 65 s from version 27 on.
    const started = out.match(/(?<=^Keep-Alive: timeout=)\d+/gm) ?? []
    expect(started).toHaveLength(count(/(?<!")node --import|next start|react-router-serve/g))
    for (const timeout of started) expect(Number(timeout)).toBeGreaterThanOrEqual(65)
  })
})

it('npm is asked for this package, and for scripts that there are', () => {
  const calls = shell.calls().filter((call) => call.startsWith('npm '))
  expect(calls.length).toBeGreaterThan(5)
  for (const call of new Set(calls)) {
    const [, run] = /^npm run ([\w:]+)/.exec(call) ?? []
    if (run !== undefined) expect(Object.keys(manifest.scripts), call).toContain(run)
    else expect(['npm ci', 'npm test', `npm install ${manifest.name}`]).toContain(call)
    const [, bench] = /^npm run bench -- (.*)$/.exec(call) ?? []
    if (bench !== undefined && bench !== '--help') readBench(bench.split(' '), { cpu: ['http-kit'] })
  }
})

it('every variable of the kit in a block is one that the kit reads', () => {
  const assignments = pages.flatMap((page) =>
    [...readPage(page).matchAll(/^```.*?^```$/gms)].flatMap(([block]) =>
      [...block.matchAll(/\b(KEEPALIVE_KIT\w*)=([^\s"',]+)/g)].map(
        ([, name, value]) => [page, name!, value!] as const,
      ),
    ),
  )
  expect(assignments.length).toBeGreaterThan(20)
  for (const [page, name, value] of assignments)
    expect(() => readEnvironment({ [name]: value }), `${page}: ${name}=${value}`).not.toThrow()
})
