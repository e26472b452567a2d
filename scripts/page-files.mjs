// Writes src/dashboard/page-files.ts: the dashboard's script, style and markup, and the pages of the findings, as strings.
// So a bundler has no files to find, and the page works wherever its code runs.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { findingPages } from './finding-pages.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const read = (file) => readFileSync(file, 'utf8')

const page = path('../src/dashboard/page')
const findings = path('../docs/findings')
const chartStyle = fileURLToPath(import.meta.resolve('uplot/dist/uPlot.min.css'))

async function script() {
  const bundle = await rolldown({ input: join(page, 'page.ts'), platform: 'browser' })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  const files = await bundle.watchFiles
  await bundle.close()
  const others = files.filter(
    (file) => file.includes('node_modules') && !file.includes('node_modules/uplot/'),
  )
  if (others.length > 0) throw new Error(`scripts/bundle.mjs gives no license of ${others.join(', ')}`)
  return output[0].code
}

const pageFiles = {
  'index.html': read(join(page, 'index.html')),
  'page.js': await script(),
  'page.css': `${[chartStyle, join(page, 'page.css')].map((file) => read(file).trim()).join('\n')}\n`,
  'icon.svg': read(join(page, 'icon.svg')),
}

/** The source code of a constant; `what` is its doc comment. */
const constant = (name, type, what, value) =>
  `/** ${what} */\nexport const ${name}: Readonly<Record<${type}, string>> = ${JSON.stringify(value, null, 2)}\n`

writeFileSync(
  path('../src/dashboard/page-files.ts'),
  [
    '// Made by scripts/page-files.mjs in npm run build.\n',
    "import type { FindingCode, OutgoingFindingCode } from '../findings.ts'\n",
    constant(
      'pageFiles',
      "'index.html' | 'page.js' | 'page.css' | 'icon.svg'",
      'The files of the page.',
      pageFiles,
    ),
    constant(
      'findingPages',
      'FindingCode | OutgoingFindingCode',
      'The pages of docs/findings as HTML, by finding.',
      findingPages(findings),
    ),
  ].join('\n'),
)
