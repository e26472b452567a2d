// Rejects phrases that are hard to read, in all text. Each entry says what to write instead.
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
  [/\bas ever\b/i, 'as before'],
  [/\bat the least\b/i, 'at least'],
  [/\bbesides\b/i, 'also'],
  [/\bgoes by\b|\bto go by\b/i, 'uses, or depends on'],
  [/\bin itself\b/i, 'say what it is'],
  [/\bknows? nothing of\b/i, 'does not import, or does not track'],
  [/\bought\b/i, 'must or should'],
  [/\bowing to\b/i, 'because of'],
  [/\bsave that\b/i, 'except that'],
  [/\bthe other way round\b/i, 'the reverse'],
  [/\bwithout a word\b/i, 'without a warning'],
  [/\bworked by hand\b/i, 'calculated'],
]

/** Phrases that the folders below still have. */
const phrasesOutside = [
  [/\ball the same\b/i, 'still'],
  [/\banew\b/i, 'again'],
  [/\bat the most\b/i, 'at most'],
  [/\bat its most\b/i, 'at its max'],
  [/\bfor ever\b/i, 'forever'],
  [/\bgives? way\b/i, 'has lower priority'],
  [/\bgravest\b/i, 'most severe'],
  [/\bhears? of\b|\blearns? of\b/i, 'is notified of'],
  [/\bin one go\b/i, 'at the same time'],
  [/\bin the place of\b/i, 'instead of'],
  [/\binterval of confidence\b/i, 'confidence interval'],
  [/\bis told of\b|\btells? of\b/i, 'reports'],
  [/\bsays? nothing of\b/i, 'does not affect, or does not contain'],
  [/\bso many\b/i, 'the number'],
  [/\bsomebody\b|\beverybody\b|\banybody\b/i, 'name the side: the client, the app'],
  [/\btaken for\b/i, 'counted as, or mistaken for'],
  [/\btold apart\b/i, 'distinguished'],
  [/\bwhoever\b/i, 'name it'],
]

const notYet =
  /^(src\/(cli|connection|dashboard|explain|hooks|http2|kit|logs|node|outgoing|pool|probe)|docs\/(api|explain|http2|outgoing|page|probe)\.md)/

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

/** Generated files, and this list itself. */
const leftOut = new Set(['scripts/lint-words.mjs', 'src/dashboard/page-files.ts'])

const faults = files
  .filter((file) => !leftOut.has(file))
  .flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        (notYet.test(file) ? phrases : [...phrases, ...phrasesOutside])
          .filter(([phrase]) => phrase.test(line))
          .map(
            ([phrase, better]) =>
              `${file}:${index + 1}: "${phrase.exec(line)[0]}": write ${better}\n    ${line.trim()}`,
          ),
      ),
  )
for (const fault of faults) console.error(fault)
process.exitCode = faults.length > 0 ? 1 : 0
