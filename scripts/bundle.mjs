// Takes libraries into dist, so that whoever installs the kit does not install them, and their licences with them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const packages = new Set()

async function bundle(input, options) {
  const made = await rolldown({ input: join(dist, input), ...options })
  await made.write({ file: join(dist, input), format: 'esm' })
  for (const file of await made.watchFiles) {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []
    if (folder) packages.add(folder)
  }
  await made.close()
}

/** What a package's licence asks to go with every copy. */
function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  if (!file) throw new Error(`${name} has no licence file`)
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
}

await bundle('cli/progress.js', { platform: 'node' })
writeFileSync(
  join(dist, 'THIRD-PARTY-NOTICES.txt'),
  [...packages]
    .sort()
    .map(notice)
    .join(`\n${'-'.repeat(78)}\n\n`),
)
