import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { pageFiles } from '../../src/dashboard/page-files.ts'
import * as main from '../../src/index.ts'

const root = join(import.meta.dirname, '../..')
let project: string

const run = (command: string, args: readonly string[], cwd = root): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })

/** A project that has installed the packed package and nothing but its dependencies. */
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'keepalive-kit-'))
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project]),
  )
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, manifest.name), { recursive: true })
  run('tar', [
    '-xzf',
    join(project, packed.filename),
    '-C',
    join(modules, manifest.name),
    '--strip-components=1',
  ])
  for (const name of ['on-finished', 'ee-first'])
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
}, 60_000)

afterAll(() => rmSync(project, { recursive: true, force: true }))

const names = JSON.stringify(Object.keys(main).sort())

it('is imported by ES modules', () => {
  const script = "import * as kit from 'keepalive-kit'; console.log(JSON.stringify(Object.keys(kit).sort()))"
  writeFileSync(join(project, 'a.mjs'), script)
  expect(run(process.execPath, ['a.mjs'], project).trim()).toBe(names)
})

it('is required by CommonJS', () => {
  const script = `const kit = require('keepalive-kit')
const server = require('node:http').createServer()
kit.keepAlive({ behind: 'nginx' }).attach(server)
console.log(server.keepAliveTimeout, JSON.stringify(Object.keys(kit).filter((name) => name !== '__esModule').sort()))`
  writeFileSync(join(project, 'a.cjs'), script)
  expect(run(process.execPath, ['--no-warnings', 'a.cjs'], project).trim()).toBe(`65000 ${names}`)
})

it.each(Object.keys(manifest.exports))('%s needs none of its optional peers to load', (path) => {
  const specifier = join(manifest.name, path)
  const options = path.endsWith('.json') ? ", { with: { type: 'json' } }" : ''
  writeFileSync(join(project, 'b.mjs'), `await import('${specifier}'${options}); console.log('loaded')`)
  expect(run(process.execPath, ['--no-warnings', 'b.mjs'], project).trim()).toBe('loaded')
})

it('has a bin that says what it can do', () => {
  const bin = join('node_modules', manifest.name, manifest.bin['keepalive-kit'])
  expect(run(process.execPath, [bin, '--help'], project)).toContain('demo')
})

it('packs what is needed and nothing else', () => {
  const files = run('tar', ['-tzf', join(project, `${manifest.name}-${manifest.version}.tgz`)])
    .trim()
    .split('\n')
  const known =
    /^package\/(dist\/|docs\/|prometheus\/(rules\.yml|dashboard\.json)$|README\.md|CHANGELOG\.md|LICENSE|package\.json)/
  expect(files.filter((file) => !known.test(file))).toEqual([])
})

// What is for those who work on the kit is not packed: npm's page of the package links to the repository.
const unpacked =
  /^(?:examples|docs.decisions|docs.platforms|docs.page\.png|docs.(?:502|architecture|cost|faq|getting-started|mistakes|README|recipes)\.md|CONTRIBUTING\.md|SECURITY\.md)/

it('links to what is packed, or to what the repository has', () => {
  const packed = join(project, 'node_modules', manifest.name)
  const pages = readdirSync(packed, { encoding: 'utf8', recursive: true }).filter((file) =>
    file.endsWith('.md'),
  )
  expect(pages).toContain(join('docs', 'findings.md'))
  const missing = pages.flatMap((page) => {
    const text = readFileSync(join(packed, page), 'utf8').replaceAll(/^```.*?^```$/gms, '')
    return [...text.matchAll(/\]\((?!\w+:|#)([^)#]+)/g)]
      .map(([, path]) => join(page, '..', path!))
      .filter((path) => !existsSync(join(unpacked.test(path) ? root : packed, path)))
      .map((path) => `${page}: ${path}`)
  })
  expect(missing).toEqual([])
})

/** What a packed module loads, at once and by what it loads in turn. */
function loads(file: string, seen = new Set<string>()): Set<string> {
  seen.add(file)
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(
    /(?:require|getBuiltinModule)\("([^"]+)"\)/g,
  )) {
    const loaded = specifier!.startsWith('.') ? join(file, '..', specifier!) : specifier!
    if (seen.has(loaded)) continue
    if (specifier!.startsWith('.')) loads(loaded, seen)
    else seen.add(loaded)
  }
  return seen
}

it('has an advisor that needs nothing of Node', () => {
  const dist = join(project, 'node_modules', manifest.name, 'dist')
  const loaded = [...loads(join(dist, 'advisor.cjs'))]
  expect(loaded.map((file) => file.replace(dist, '')).sort()).toEqual([
    '/advise.cjs',
    '/advisor.cjs',
    '/pure.cjs',
  ])
})

it('has an entry for outgoing connections that loads neither the kit nor the modules of HTTP', () => {
  const dist = join(project, 'node_modules', manifest.name, 'dist')
  const loaded = [...loads(join(dist, 'outgoing.cjs'))].map((file) => file.replace(dist, ''))
  expect(loaded).not.toContain('/kit.cjs')
  expect(loaded.filter((file) => !file.startsWith('/')).sort()).toEqual([
    'node:diagnostics_channel',
    'node:perf_hooks',
  ])
})

it('has the page, in less than 120 kB gzipped', () => {
  const sizes = Object.values(pageFiles).map((file) => gzipSync(file).length)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(120_000)
})

it('has the licenses of the libraries that it takes in', () => {
  const notices = join(project, 'node_modules', manifest.name, 'dist/THIRD-PARTY-NOTICES.txt')
  expect(
    readFileSync(notices, 'utf8')
      .match(/^\S+ (?=[\d.]+ \()/gm)
      ?.map((name) => name.trim())
      .sort(),
  ).toEqual([
    'ansi-regex',
    'cli-progress',
    'emoji-regex',
    'is-fullwidth-code-point',
    'string-width',
    'strip-ansi',
    'uplot',
  ])
})

it('exports these names', () => {
  expect(Object.keys(main).sort()).toMatchInlineSnapshot(`
    [
      "KeepAliveError",
      "attachAll",
      "channelNames",
      "connectionOf",
      "keepAlive",
      "mergeSnapshots",
      "timelineLines",
    ]
  `)
})
