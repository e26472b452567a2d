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
    /^package\/(dist\/|docs\/|examples\/|prometheus\/(rules\.yml|dashboard\.json)$|README\.md|CHANGELOG\.md|LICENSE|package\.json)/
  expect(files.filter((file) => !known.test(file))).toEqual([])
})

it('packs what the README and the pages link to', () => {
  const packed = join(project, 'node_modules', manifest.name)
  const pages = readdirSync(packed, { encoding: 'utf8', recursive: true }).filter((file) =>
    file.endsWith('.md'),
  )
  expect(pages).toContain(join('docs', 'findings.md'))
  const missing = pages.flatMap((page) => {
    const text = readFileSync(join(packed, page), 'utf8').replaceAll(/^```.*?^```$/gms, '')
    return [...text.matchAll(/\]\((?!\w+:|#)([^)#]+)/g)]
      .filter(([, path]) => !existsSync(join(packed, page, '..', path!)))
      .map(([, path]) => `${page}: ${path}`)
  })
  expect(missing).toEqual([])
})

/** What a packed module loads, at once and by what it loads in turn. */
function loads(file: string, seen = new Set<string>()): Set<string> {
  seen.add(file)
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b.*?"([^"]+)";$/gm)) {
    const loaded = specifier!.startsWith('.') ? join(file, '..', specifier!) : specifier!
    if (seen.has(loaded)) continue
    if (specifier!.startsWith('.')) loads(loaded, seen)
    else seen.add(loaded)
  }
  return seen
}

it('is loaded from three files and a library', () => {
  const dist = join(project, 'node_modules', manifest.name, 'dist')
  const loaded = [...loads(join(dist, 'index.js'))].filter((file) => !file.startsWith('node:'))
  expect(loaded.map((file) => file.replace(dist, '')).sort()).toEqual([
    '/index.js',
    '/kit.js',
    '/pure.js',
    'on-finished',
  ])
})

it('has an advisor that needs nothing of Node', () => {
  const dist = join(project, 'node_modules', manifest.name, 'dist')
  const loaded = [...loads(join(dist, 'advisor/index.js'))]
  expect(loaded.map((file) => file.replace(dist, '')).sort()).toEqual(['/advisor/index.js', '/pure.js'])
})

it('has the page, in less than 120 kB gzipped', () => {
  const assets = join(project, 'node_modules', manifest.name, 'dist/dashboard/assets')
  expect(readdirSync(assets).sort()).toEqual(['icon.svg', 'index.html', 'page.css', 'page.js'])
  const sizes = readdirSync(assets).map((file) => gzipSync(readFileSync(join(assets, file))).length)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(120_000)
  const notices = readFileSync(
    join(project, 'node_modules', manifest.name, 'dist/THIRD-PARTY-NOTICES.txt'),
    'utf8',
  )
  expect(notices).toMatch(/^uplot 1\.6/m)
})

it('exports these names', () => {
  expect(Object.keys(main).sort()).toMatchInlineSnapshot(`
    [
      "KeepAliveError",
      "channelNames",
      "connectionOf",
      "keepAlive",
      "mergeSnapshots",
      "timelineLines",
    ]
  `)
})
