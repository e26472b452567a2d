import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { docPages, readPage } from '../support/doc-blocks.ts'

const root = join(import.meta.dirname, '../..')

/** The anchor that GitHub makes from a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

const anchorsOf = (path: string): string[] =>
  (readFileSync(path, 'utf8').match(/^#+ .*$/gm) ?? []).map((heading) => anchorOf(heading))

describe('every link has a target', () => {
  it.each(docPages())('in %s', (page) => {
    const text = readPage(page).replace(/^```.*?^```$/gms, '')
    const broken = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link!).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false
      const [path = '', anchor] = link.split('#')
      const file = normalize(join(root, path === '' ? page : join(dirname(page), path)))
      if (!existsSync(file)) return true
      return anchor !== undefined && !statSync(file).isDirectory() && !anchorsOf(file).includes(anchor)
    })
    expect(broken).toEqual([])
  })
})

describe('docs/api.md', () => {
  const api = readPage('docs/api.md')
  const entries = [
    'index',
    'koa',
    'fastify',
    'morgan',
    'pino',
    'prometheus',
    'opentelemetry',
    'outgoing',
    'dashboard',
    'advisor',
  ]

  it.each(entries)('has what %s exports', (entry) => {
    const folder = {
      koa: 'adapters/',
      fastify: 'adapters/',
      index: '',
      outgoing: '',
      dashboard: 'dashboard/',
      advisor: 'advisor/',
    }
    const path = join(root, 'src', folder[entry as keyof typeof folder] ?? 'reporters/', `${entry}.ts`)
    const source = readFileSync(existsSync(path) ? path : path.replace(`${entry}.ts`, 'index.ts'), 'utf8')
    const names = Array.from(
      source.matchAll(
        /^export (?:type )?(?:\{(.*?)\}|(?:async )?(?:function|interface|const|class|type) (\w+))/gms,
      ),
    )
      .flatMap(([, list, name]) => (list === undefined ? [name!] : list.split(',')))
      .map((name) => name.trim().replace(/^type /, ''))
      .filter((name) => name !== '')
    expect(names.length).toBeGreaterThan(0)
    const [, section = ''] = api.split(
      entry === 'index' ? '\n## `keepalive-kit`\n' : `\n## \`keepalive-kit/${entry}\`\n`,
    )
    const [own = ''] = section.split('\n## ')
    expect(names.filter((name) => !new RegExp(`[\`]${name}\\b`).test(own))).toEqual([])
  })
})
