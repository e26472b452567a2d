import { readFileSync } from 'node:fs'
import { packageFile } from './package-file.ts'

let known: string | undefined

/** The package's version, read once. */
export function version(): string {
  known ??= String(JSON.parse(readFileSync(packageFile('package.json'), 'utf8')).version)
  return known
}
