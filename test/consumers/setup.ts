import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder with the tools and the packed package installed. */
    consumers: string
  }
}

const root = join(import.meta.dirname, '../..')

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 300_000,
  })

/** Installs the tools of this folder's lock file, and the package as it would be published, in a folder outside. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'consumers-'))
  for (const name of ['package.json', 'package-lock.json', '.npmrc', 'projects'])
    cpSync(join(import.meta.dirname, name), join(folder, name), { recursive: true })
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--loglevel=error'], folder)
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root),
  )
  const installed = join(folder, 'node_modules/keepalive-kit')
  mkdirSync(installed)
  run('tar', ['-xzf', join(folder, packed.filename), '-C', installed, '--strip-components=1'], folder)
  project.provide('consumers', folder)
  return () => rmSync(folder, { recursive: true, force: true })
}
