// Bundles build/ into dist/: for each entry one CommonJS module, one ES module that re-exports
// it, and one declaration for both; plus shared files. So `require` and `import` get the same kit.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'

const [root, build, dist] = ['..', '../build', '../dist'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

/** The entries, by their names in dist. */
const entries = {
  index: 'index',
  koa: 'adapters/koa',
  fastify: 'adapters/fastify',
  morgan: 'reporters/morgan',
  pino: 'reporters/pino',
  prometheus: 'reporters/prometheus',
  opentelemetry: 'reporters/opentelemetry',
  advisor: 'advisor/index',
  dashboard: 'dashboard/dashboard',
  register: 'register',
  outgoing: 'outgoing',
}
const programs = { cli: 'cli/main' }

/** Libraries that the user does not have to install. */
const takenIn = ['cli-progress', 'string-width', 'uplot']

/** The folders of the bundled packages: the page draws its charts with uplot. */
const packages = new Set([join(root, 'node_modules/uplot')])

const inputs = (of, extension) =>
  Object.fromEntries(Object.entries(of).map(([name, path]) => [name, join(build, `${path}.${extension}`)]))

async function bundle(options, output) {
  const made = await rolldown({ platform: 'node', ...options })
  await made.write({ dir: dist, ...output })
  for (const file of await made.watchFiles) {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []
    if (folder) packages.add(folder)
  }
  await made.close()
}

/**
 * Loads Node's modules without `require`, which esbuild's ES modules do not have, and without `import`, which would
 * evaluate everything in `node:http`, including Node's own undici.
 */
const builtins = {
  name: 'builtins',
  renderChunk: (code) => code.replaceAll(/\brequire\(("node:[a-z_/]+")\)/g, 'process.getBuiltinModule($1)'),
}

const isPure = (id) =>
  /build.(errors|words|quantities|pool.list|doctor.check|outgoing.(channel|merge|order|pick|registered)|stats.(counts|histogram|infer-timeout|snapshot-version)|policy.(margin|read|seconds-meant|spelling))\.js$/.test(
    id,
  )

/** NODE_OPTIONS may reach every Node process of a machine. A preload that throws ends the program before it starts. */
const passOverOldNode = `if (!process.getBuiltinModule) {
	console.error('keepalive-kit: nothing is attached: Node.js ' + process.version + ' is too old, install 20.19 or later')
	return
}`

/** Each loaded file slows the start of an app, and many modules slow V8. So only few files are shared. */
const bundleCode = () =>
  bundle(
    {
      input: inputs({ ...entries, ...programs }, 'js'),
      external: (id, importer) => importer?.startsWith(build) && /^[@a-z]/.test(id) && !takenIn.includes(id),
      plugins: [builtins],
    },
    {
      format: 'cjs',
      esModule: false,
      exports: 'named',
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name].cjs',
      comments: { jsdoc: false },
      banner: ({ name }) => (name === 'register' ? passOverOldNode : ''),
      codeSplitting: {
        groups: [
          // What a preload needs before there is a server. The kit is loaded at the first server.
          { name: 'preload', test: /build.process.(cluster|preload|say|servers|threads)\.js$/, priority: 4 },
          // What the advisor shares with the kit. The advisor needs nothing of Node.
          { name: 'pure', test: isPure, priority: 3 },
          {
            name: 'kit',
            test: /build.(index|adapters.kit-of|reporters.(buckets|closed-line)|connection.facts-of)\.js$/,
            priority: 2,
          },
          { name: 'page', test: /build.dashboard.dashboard\.js$/, priority: 1 },
        ],
      },
    },
  )

/** An ES module has the declarations of the module that it re-exports. */
function writeModules() {
  const require = createRequire(import.meta.url)
  for (const name of Object.keys(entries)) {
    const exported = Object.keys(require(join(dist, `${name}.cjs`))).join(', ')
    const from = exported === '' ? 'import' : `export { ${exported} } from`
    writeFileSync(join(dist, `${name}.mjs`), `${from} './${name}.cjs'\n`)
    writeFileSync(join(dist, `${name}.d.mts`), `export * from './${name}.cjs'\n`)
  }
}

/** One declaration file for each entry. The others import the types of the main entry, so that each type has one name. */
async function bundleTypes() {
  const main = join(build, 'index.d.ts')
  const exported = new Set(
    [...readFileSync(main, 'utf8').matchAll(/from '\.\/(.*)\.ts'/g)].map(([, path]) =>
      join(build, `${path}.d.ts`),
    ),
  )
  const fromMain = {
    name: 'from-main',
    resolveId(source, importer) {
      if (!importer || !source.startsWith('.')) return undefined
      const path = join(importer, '..', source.replace(/\.ts$/, '.d.ts'))
      return exported.has(path) ? { id: './index.cjs', external: true } : undefined
    },
  }
  for (const [name, path] of Object.entries(inputs(entries, 'd.ts')))
    await bundle(
      {
        input: { [name]: path },
        external: /^[@a-z]/,
        plugins: [name === 'index' ? [] : fromMain, dts({ dtsInput: true, emitDtsOnly: true })],
      },
      { format: 'esm', entryFileNames: '[name].cts' },
    )
}

/** The license text that every copy must include. */
function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  if (!file) throw new Error(`${name} has no license file`)
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
}

mkdirSync(dist, { recursive: true })
await bundleCode()
await bundleTypes()
writeModules()
writeFileSync(
  join(dist, 'THIRD-PARTY-NOTICES.txt'),
  [...packages]
    .sort()
    .map(notice)
    .join(`\n${'-'.repeat(78)}\n\n`),
)
