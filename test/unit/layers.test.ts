import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/** From bottom to top: a file imports from its own layer or a lower one, including types. */
const layers: readonly (readonly string[])[] = [
  ['escape-xml.ts', 'logs/', 'quantities.ts', 'words.ts'],
  [
    'address.ts',
    'allowance.ts',
    'clock.ts',
    'closed.ts',
    'errors.ts',
    'findings.ts',
    'reasons.ts',
    'timeline.ts',
    'package-file.ts',
    'version.ts',
    'warnings.ts',
    'wiring/framework-call.ts',
    'wiring/misuse.ts',
  ],
  ['policy/'],
  ['node/', 'probe/'],
  ['pool/'],
  ['connection/'],
  ['http2/'],
  ['hooks/', 'stats/'],
  ['advisor/', 'doctor/', 'explain/', 'outgoing/'],
  ['channels.ts'],
  ['kit/'],
  ['reporters/'],
  ['wiring/wrong-call.ts'],
  ['keep-alive.ts'],
  ['process/'],
  ['attach-all.ts'],
  ['adapters/', 'dashboard/'],
  ['index.ts', 'outgoing.ts'],
  ['cli/', 'register/', 'register.ts'],
]

/** Folders of one layer whose files do not import each other. */
const apart = [
  ['reporters/', 'adapters/'],
  ['adapters/', 'reporters/'],
  ['hooks/', 'stats/'],
  ['stats/', 'hooks/'],
] as const

/** Folders and files without sockets, servers or timers. */
const pure = [
  'advisor/',
  'policy/',
  'stats/',
  'doctor/',
  'explain/',
  'logs/',
  'outgoing/closer.ts',
  'outgoing/connection.ts',
  'outgoing/findings.ts',
  'outgoing/hint.ts',
  'outgoing/merge.ts',
  'outgoing/order.ts',
  'outgoing/origin.ts',
  'outgoing/row.ts',
  'outgoing/rows.ts',
  'outgoing/snapshot.ts',
  'connection/verdict.ts',
  'connection/late-requests.ts',
  'probe/expectations.ts',
  'probe/finding.ts',
  'probe/judge-proxy.ts',
  'probe/judge.ts',
  'probe/numbers.ts',
  'probe/report.ts',
  'probe/response-parser.ts',
  'address.ts',
  'allowance.ts',
  'clock.ts',
  'closed.ts',
  'errors.ts',
  'escape-xml.ts',
  'findings.ts',
  'quantities.ts',
  'reasons.ts',
  'timeline.ts',
  'warnings.ts',
  'words.ts',
]

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const layerOf = (file: string): number =>
  layers.findIndex((names) => names.some((name) => file.startsWith(name)))

function importsOf(file: string): { own: string[]; others: string[] } {
  const text = readFileSync(join(src, file), 'utf8')
  const names = [...text.matchAll(/(?:from|import\(|import) ?'([^']+)'/g)].map(([, name]) => name!)
  return {
    own: names
      .filter((name) => name.startsWith('.'))
      .map((name) => relative(src, join(src, dirname(file), name))),
    others: names.filter((name) => !name.startsWith('.')),
  }
}

test.each(files)('%s imports nothing from above', (file) => {
  expect(layerOf(file), 'the file has a layer').toBeGreaterThanOrEqual(0)
  expect(importsOf(file).own.filter((imported) => layerOf(imported) > layerOf(file))).toEqual([])
})

test('no import cycles', () => {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    expect(path.includes(file) ? [...path, file] : []).toEqual([])
    if (done.has(file)) return
    for (const imported of importsOf(file).own) visit(imported, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
})

test.each(apart)('%s holds no file that imports one of %s', (folder, other) => {
  for (const file of files.filter((name) => name.startsWith(folder)))
    expect(importsOf(file).own.filter((name) => name.startsWith(other))).toEqual([])
})

test('pure code imports only side-effect-free modules of Node', () => {
  for (const file of files.filter((name) => pure.some((start) => name.startsWith(start)))) {
    expect(
      importsOf(file).others.filter((name) => name !== 'node:util' && name !== 'node:perf_hooks'),
      file,
    ).toEqual([])
  }
})

const text = (file: string): string => readFileSync(join(src, file), 'utf8')

/** Lines that are not comments. */
const codeOf = (file: string): string =>
  text(file)
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|\*|\/\*)/.test(line))
    .join('\n')

test('private properties of Node are used only in node/internals.ts', () => {
  const isPrivate =
    /[.{ ]_(?:handle|bytesDispatched|httpMessage|keepAliveTimeout|maxRequestsPerSocket|header|paused|parent|repeat)\b|http\.server\.connections|removeAllListeners\('data'\)/
  expect(files.filter((file) => isPrivate.test(codeOf(file)))).toEqual(['node/internals.ts'])
})

test('every field of a connection is written by one file', () => {
  const fields = ['timed', 'place', 'list', 'previous', 'next']
  const path = files.filter((file) => /^(?:connection|hooks|http2|kit|node|pool)\//.test(file))
  const writers = fields.map((field) => [
    field,
    path.filter((file) => new RegExp(`\\.${field} = |\\b${field} = -1`).test(codeOf(file))),
  ])
  expect(Object.fromEntries(writers)).toEqual({
    timed: ['connection/connection.ts', 'http2/session.ts'],
    place: ['connection/record.ts', 'pool/open-set.ts'],
    list: ['pool/list.ts'],
    previous: ['pool/list.ts'],
    next: ['pool/list.ts'],
  })
  // All other state is private, or changed by a method named after the event.
  const open = (file: string): (string | undefined)[] =>
    [...text(file).matchAll(/^ {2}(?!readonly|abstract|get |#|constructor)(\w+)(?::| =)/gm)].map(
      ([, name]) => name,
    )
  expect(open('connection/record.ts')).toEqual(['place', 'list', 'previous', 'next'])
  expect(open('connection/connection.ts')).toEqual(['timed'])
  expect(open('http2/session.ts')).toEqual(['timed'])
})
