import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { run } from './run.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A `node_modules` with the packed package and what the package depends on. */
    kit: string
  }
}

const root = join(import.meta.dirname, '../..')

/** Unpacks the package as npm would publish it. */
export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'kit-'))
  const modules = join(folder, 'node_modules')
  const installed = join(modules, 'keepalive-kit')
  mkdirSync(installed, { recursive: true })
  const [packed] = JSON.parse(
    await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: root }),
  )
  await run('tar', ['-xzf', packed.filename, '-C', installed, '--strip-components=1'], { cwd: folder })
  for (const name of ['on-finished', 'ee-first'])
    cpSync(join(root, 'node_modules', name), join(modules, name), { recursive: true })
  project.provide('kit', modules)
  return () => rmSync(folder, { recursive: true, force: true })
}
