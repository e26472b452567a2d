import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { Lines } from '../../logs/lines.ts'
import { unzipped, watch } from '../chunks.ts'
import { Failure } from '../failure.ts'
import { startProgress } from '../progress.ts'

/** How archives other than gzip begin. */
const archives: readonly (readonly [string, string])[] = [
  ['\x28\xb5\x2f\xfd', 'zstd -dc'],
  ['BZh', 'bzip2 -dc'],
  ['\xfd7zXZ', 'xz -dc'],
  ['PK\x03\x04', 'unzip -p'],
]

/**
 * Reads lines, some thousand characters at a time.
 *
 * @param name - a path, or `-` for standard input.
 * @param what - what it is to be, for messages: `log`, `records`.
 * @param take - gets each line; `undefined` for one that is too long.
 * @param pause - called between two chunks.
 * @throws Failure for what cannot be read.
 */
export async function readLines(
  name: string,
  what: string,
  take: (line: string | undefined) => void,
  pause: () => Promise<void> | undefined = () => undefined,
): Promise<void> {
  const [file, size] = await open(name, what)
  // The records are read while the log is: one bar is enough.
  const progress = what === 'log' ? startProgress(Math.max(size, 1)) : undefined
  const lines = new Lines(take)
  let isFirst = true
  try {
    for await (const chunk of unzipped(watch(file, (bytes) => progress?.update(bytes, name)))) {
      if (isFirst) checkText(chunk, name)
      isFirst = false
      lines.push(chunk)
      await pause()
    }
    lines.end()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code?.startsWith('Z_'))
      throw new Failure(`${name} is no whole gzip file (${code})`, 'check it with gzip -t')
    throw code === undefined ? error : unreadable(name, what, code)
  } finally {
    progress?.stop()
    file.destroy()
  }
}

async function open(name: string, what: string): Promise<[file: Readable, size: number]> {
  if (name === '-') return [process.stdin, 0]
  try {
    const found = await stat(name)
    if (found.isDirectory()) throw new Failure(`${name} is a directory`, `give a file: ${what}`)
    return [createReadStream(name), found.size]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === undefined ? error : unreadable(name, what, code)
  }
}

const unreadable = (name: string, what: string, code: string): Failure =>
  new Failure(`${name} cannot be read (${code})`, `give the path of the ${what}`)

function checkText(chunk: Buffer, name: string): void {
  const head = chunk.toString('latin1', 0, 4_096)
  const archive = archives.find(([start]) => head.startsWith(start))
  if (archive)
    throw new Failure(`${name} is an archive`, `unpack it: ${archive[1]} ${name} | keepalive-kit explain -`)
  if (head.includes('\0')) throw new Failure(`${name} is no text`, 'give a log of lines, gzipped or not')
}
