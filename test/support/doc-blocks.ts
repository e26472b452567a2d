import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** README and everything in docs, as paths from the root. */
export function docPages(): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  const pages = docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...pages.sort()]
}

export const readPage = (page: string): string => readFileSync(join(root, page), 'utf8')

/** JavaScript that a page shows. */
export interface Program {
  readonly page: string
  readonly section: string
  readonly type: 'module' | 'commonjs'
  readonly code: string
}

/** The blocks of README are one program. Elsewhere the blocks of a section are one; on an error's page each block is one. */
export function programsOf(page: string): Program[] {
  // A separate test runs its blocks and compares their output.
  if (page === join('docs', 'mistakes.md')) return []
  const text = readPage(page)
  if (page === 'README.md') return programs(page, 'all', [codeBlocks(text, 'js').join('\n')])
  return text.split(/^(?=## )/m).flatMap((part) => {
    const [, section = 'the beginning'] = /^## (.*)/.exec(part) ?? []
    const blocks = codeBlocks(part, 'js')
    return [
      ...programs(page, section, page.includes('/errors/') ? blocks : [blocks.join('\n')]),
      ...programs(page, section, codeBlocks(part, 'cjs'), 'commonjs'),
    ]
  })
}

function programs(
  page: string,
  section: string,
  codes: readonly string[],
  type: Program['type'] = 'module',
): Program[] {
  return codes.filter((code) => code !== '').map((code) => ({ page, section, type, code }))
}

export function codeBlocks(text: string, language: string): string[] {
  return Array.from(text.matchAll(/^```(\w+)\n(.*?)^```$/gms)).flatMap(([, of, code]) =>
    of === language ? [code!] : [],
  )
}
