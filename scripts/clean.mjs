import { rmSync } from 'node:fs'

for (const made of ['../build', '../dist'])
  rmSync(new URL(made, import.meta.url), { recursive: true, force: true })
