import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { Consumer, run } from './consumer.ts'
import { expectWholeApp } from './whole-app.ts'

/** Runs what was built where nothing is installed beside it. */
async function runAlone(folder: string, file: string): Promise<string> {
  const alone = mkdtempSync(join(tmpdir(), 'alone-'))
  onTestFinished(() => rmSync(alone, { recursive: true, force: true }))
  for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(alone, name))
  const { code, output } = await run(process.execPath, [file], alone)
  expect(code, output).toBe(0)
  return output
}

const entry = (): string => join(inject('consumers'), 'projects/app.mjs')

const rollupConfig = (format: string, file: string): string => `
import commonjs from '@rollup/plugin-commonjs'
import { nodeResolve } from '@rollup/plugin-node-resolve'
export default {
  input: ${JSON.stringify(entry())},
  output: { file: 'out/${file}', format: '${format}' },
  plugins: [nodeResolve({ exportConditions: ['node'], preferBuiltins: true }), commonjs()],
}
`

const esbuild = (format: string, file: string): string[] => [
  entry(),
  '--bundle',
  '--platform=node',
  `--format=${format}`,
  `--outfile=out/${file}`,
]

const webpack = (mode: string): string[] => [
  '--mode',
  mode,
  '--target',
  'node20',
  '--entry',
  entry(),
  '--output-path',
  './out',
]

describe('an app with the page answers, bundled by', () => {
  test.each([
    ['webpack for production', 'webpack', webpack('production'), 'main.js'],
    ['webpack for development', 'webpack', webpack('development'), 'main.js'],
    ['esbuild as CommonJS', 'esbuild', esbuild('cjs', 'app.cjs'), 'app.cjs'],
    ['esbuild as an ES module', 'esbuild', esbuild('esm', 'app.mjs'), 'app.mjs'],
    ['esbuild, minified', 'esbuild', [...esbuild('esm', 'app.mjs'), '--minify'], 'app.mjs'],
    ['rollup as CommonJS', 'rollup', ['-c', 'rollup.cjs.mjs'], 'app.cjs'],
    ['rollup as an ES module', 'rollup', ['-c', 'rollup.es.mjs'], 'app.mjs'],
    ['ncc', 'ncc', ['build', 'app.mjs', '-o', 'out'], 'index.mjs'],
  ])('%s', async (_bundler, tool, args, file) => {
    const consumer = new Consumer({
      'rollup.cjs.mjs': rollupConfig('cjs', 'app.cjs'),
      'rollup.es.mjs': rollupConfig('es', 'app.mjs'),
    })
    copyFileSync(entry(), consumer.path('app.mjs'))
    mkdirSync(consumer.path('out'), { recursive: true })
    const built = await consumer.tool(tool, args)
    expect(built.code, built.output).toBe(0)
    expect(built.output).not.toMatch(/warning|critical dependency/i)
    expectWholeApp(await runAlone(consumer.path('out'), file))
  })
})
