// Takes libraries into dist, so that whoever installs the kit does not install them, and their licences with them.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const packages = new Set()

async function bundle(input, file, options) {
  const made = await rolldown({ input, ...options })
  await made.write({ file, format: 'esm', ...options.output })
  for (const watched of await made.watchFiles) {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(watched) ?? []
    if (folder) packages.add(folder)
  }
  await made.close()
}

/** The page's files: its script in one, its style with that of the charts, and the rest as it is. */
async function bundlePage() {
  const page = fileURLToPath(new URL('../src/dashboard/page', import.meta.url))
  const assets = join(dist, 'dashboard/assets')
  mkdirSync(assets, { recursive: true })
  await bundle(join(page, 'page.ts'), join(assets, 'page.js'), {
    platform: 'browser',
    output: { minify: true },
  })
  for (const name of ['index.html', 'icon.svg']) copyFileSync(join(page, name), join(assets, name))
  const charts = fileURLToPath(import.meta.resolve('uplot/dist/uPlot.min.css'))
  const styles = [charts, join(page, 'page.css')].map((file) => readFileSync(file, 'utf8').trim())
  writeFileSync(join(assets, 'page.css'), `${styles.join('\n')}\n`)
}

/** What a package's licence asks to go with every copy. */
function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  if (!file) throw new Error(`${name} has no licence file`)
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
}

await bundle(join(dist, 'cli/progress.js'), join(dist, 'cli/progress.js'), { platform: 'node' })
await bundlePage()
writeFileSync(
  join(dist, 'THIRD-PARTY-NOTICES.txt'),
  [...packages]
    .sort()
    .map(notice)
    .join(`\n${'-'.repeat(78)}\n\n`),
)
