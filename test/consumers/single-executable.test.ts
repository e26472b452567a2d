import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { Consumer, run } from './consumer.ts'
import { expectWholeApp } from './whole-app.ts'

// macOS runs no program whose signature a changed file has broken, and Windows needs the suffix .exe: signing and naming
// are the platform's, and the bundle inside is the same.
test.runIf(process.platform === 'linux')('a single executable serves the page', async () => {
  const consumer = new Consumer({
    'sea.json': JSON.stringify({ main: 'app.cjs', output: 'app.blob', disableExperimentalSEAWarning: true }),
  })
  const entry = join(inject('consumers'), 'projects/app.mjs')
  const bundled = ['--bundle', '--platform=node', '--format=cjs', '--outfile=app.cjs']
  expect(await consumer.tool('esbuild', [entry, ...bundled])).toMatchObject({ code: 0 })
  expect(await consumer.node(['--experimental-sea-config', 'sea.json'])).toMatchObject({ code: 0 })
  const alone = mkdtempSync(join(tmpdir(), 'executable-'))
  onTestFinished(() => rmSync(alone, { recursive: true, force: true }))
  const program = join(alone, 'app')
  copyFileSync(process.execPath, program)
  chmodSync(program, 0o755)
  const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
  const injected = await consumer.tool('postject', [
    program,
    'NODE_SEA_BLOB',
    'app.blob',
    '--sentinel-fuse',
    fuse,
  ])
  expect(injected.code, injected.output).toBe(0)
  const { code, output } = await run(program, [], alone)
  expect(code, output).toBe(0)
  expectWholeApp(output)
})
