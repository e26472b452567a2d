// From build, a file for each of src, to dist, a file for each way in and a few that they share. Each file that is
// loaded costs an app's start; and V8 loses speed in Node's own code where many have been: each is opened as an
// EventEmitter of one more kind. Libraries are taken in too, so that whoever installs the kit does not install them,
// and their licences with them.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const [root, build, dist] = ['..', '../build', '../dist'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

/** Libraries that the user need not install. */
const takenIn = new Set(['cli-progress'])

const packages = new Set()

async function bundle(options, output) {
  const made = await rolldown(options)
  await made.write({ format: 'esm', ...output })
  for (const watched of await made.watchFiles) {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(watched) ?? []
    if (folder) packages.add(folder)
  }
  await made.close()
}

/** The package's ways in, by what package.json calls them. */
async function bundleEntries() {
  const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const published = [
    ...Object.values(bin),
    ...Object.values(exports).flatMap((entry) => entry.default ?? []),
  ].map((path) => /^(?:\.\/)?dist\/(.*)\.js$/.exec(path)[1])
  await bundle(
    {
      input: Object.fromEntries(published.map((name) => [name, join(build, `${name}.js`)])),
      platform: 'node',
      external: (id, importer) => importer?.startsWith(build) && /^[@a-z]/.test(id) && !takenIn.has(id),
    },
    {
      dir: dist,
      // Beside index.js, from where package-file.ts finds the rest.
      chunkFileNames: '[name].js',
      codeSplitting: {
        groups: [
          // The advisor and what it shares with the kit: browsers load it too.
          { name: 'pure', test: /build.advisor.index\.js$/, priority: 1 },
          { name: 'kit', test: /build.(index|package-file)\.js$/ },
        ],
      },
    },
  )
}

/** The page's files: its script in one, its style with that of the charts, and the rest as it is. */
async function bundlePage() {
  const page = fileURLToPath(new URL('../src/dashboard/page', import.meta.url))
  const assets = join(dist, 'dashboard/assets')
  mkdirSync(assets, { recursive: true })
  await bundle(
    { input: join(page, 'page.ts'), platform: 'browser' },
    { file: join(assets, 'page.js'), minify: true },
  )
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

await bundleEntries()
await bundlePage()
writeFileSync(
  join(dist, 'THIRD-PARTY-NOTICES.txt'),
  [...packages]
    .sort()
    .map(notice)
    .join(`\n${'-'.repeat(78)}\n\n`),
)
