// Keeps phrases out of all text that are hard to read. Each has what to write instead.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const phrases = [
  [/[\d}] %(?![A-Za-z{])/, 'no space before the sign: 83%'],
  [/whose choice/i, 'who closed it'],
  [/in plain sight/i, 'observable'],
  [/\bshall\b/i, 'is, must or will'],
  [/\blest\b/i, 'so that … not'],
  [/\bheed(s|ed|ing)?\b/i, 'obey, or ignore'],
  [/in the same breath/i, 'at the same time'],
  [/\bmanners?\b/i, 'behavior, or kind'],
  [/the way is long/i, 'the round-trip time is long'],
  [/closed by then/i, 'already closed'],
  [/would have it/i, 'as … does'],
  [/\bno one\b|\bnobody\b/i, 'no client, no listener, nothing: say who'],
  [/\bfor its own sake\b|\ba shape of its own\b/i, 'say what it is'],
  [/\bcome(s)? of it\b/i, 'the result'],
  [/\bgoes? first\b/i, 'is closed first'],
  [/\bdear(er)?\b/i, 'expensive'],
  [/\bupon\b|\bthereof\b|\bwherein\b|\bthereby\b|\bhence\b/i, 'a word of today'],
  [/\bnot for you\b/i, '403: and why'],
  [/\bwhat is worth\b|\bworth knowing\b/i, 'informational'],
]

const places = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'docs',
  'src',
  'examples',
  'scripts',
  '.github',
]

const files = places.flatMap((place) =>
  place.endsWith('.md')
    ? [place]
    : readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(md|ts|mjs|css|html|yml)$/.test(name))
        .map((name) => join(place, name)),
)

/** Made by a script, or this list itself. */
const leftOut = new Set(['scripts/lint-words.mjs', 'src/dashboard/page-files.ts'])

const faults = files
  .filter((file) => !leftOut.has(file))
  .flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        phrases
          .filter(([phrase]) => phrase.test(line))
          .map(
            ([phrase, better]) =>
              `${file}:${index + 1}: "${phrase.exec(line)[0]}": write ${better}\n    ${line.trim()}`,
          ),
      ),
  )
for (const fault of faults) console.error(fault)
process.exitCode = faults.length > 0 ? 1 : 0
