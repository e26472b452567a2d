// From build, which has a file for each of src, to dist: for each way in one CommonJS module, one ES module that hands on
// its exports, and one declaration for either; and what they share. So `require` and `import` get the same kit.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'

const [root, build, dist] = ['..', '../build', '../dist'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

/** The ways in, by their names in dist. */
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

/** Libraries that the user need not install. */
const takenIn = ['cli-progress', 'string-width', 'uplot']

/** The folders of the packages that are taken in: the page has its charts from uplot. */
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
 * Node's modules without `require`: in an ES module that esbuild makes there is none. And without `import`: that would
 * evaluate all that `node:http` has, Node's own undici too.
 */
const builtins = {
  name: 'builtins',
  renderChunk: (code) => code.replaceAll(/\brequire\(("node:[a-z_/]+")\)/g, 'process.getBuiltinModule($1)'),
}

const isPure = (id) =>
  /build.(errors|words|pool.list|doctor.check|outgoing.(channel|merge|order|pick)|stats.(counts|histogram|infer-timeout|snapshot-version)|policy.(margin|read|seconds-meant|spelling))\.js$/.test(
    id,
  )

/** NODE_OPTIONS reach each Node of a machine, and a preload that throws ends the program before it begins. */
const passOverOldNode = `if (!process.getBuiltinModule) {
	console.error('keepalive-kit: nothing is attached: Node.js ' + process.version + ' is too old, install 20.19 or later')
	return
}`

/** Each file that is loaded costs an app's start; and V8 is slower where it knows many modules: so few are shared. */
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
          // What a preload needs before there is a server: the kit is loaded then.
          { name: 'preload', test: /build.process.(cluster|preload|say|servers|threads)\.js$/, priority: 4 },
          // What the advisor shares with the kit: it needs nothing of Node, and the kit nothing else of it.
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

/** Rather than with declarations of its own, an ES module comes with those of the module whose exports it hands on. */
function writeModules() {
  const require = createRequire(import.meta.url)
  for (const name of Object.keys(entries)) {
    const exported = Object.keys(require(join(dist, `${name}.cjs`))).join(', ')
    const from = exported === '' ? 'import' : `export { ${exported} } from`
    writeFileSync(join(dist, `${name}.mjs`), `${from} './${name}.cjs'\n`)
    writeFileSync(join(dist, `${name}.d.mts`), `export * from './${name}.cjs'\n`)
  }
}

/** One declaration file for each way in: what the main one exports, the others import from there, so it has one name. */
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

/** What a package's license asks to go with every copy. */
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
