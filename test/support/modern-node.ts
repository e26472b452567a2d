import { execFileSync } from 'node:child_process'

let found: string | undefined

/** A Node that runs undici 8, which takes none before 22.19: this one, or the newest 24 of the registry. */
export function modernNode(): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath
  found ??= execFileSync('npx', ['--yes', '-p', 'node@24', '--', 'node', '-p', 'process.execPath'], {
    encoding: 'utf8',
  }).trim()
  return found
}
