import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { Intervals } from '../../advisor/intervals.ts'
import type { OutgoingSnapshot } from '../../outgoing/snapshot.ts'
import type { Snapshot } from '../../stats/snapshot.ts'
import { count } from '../../words.ts'
import { unzipped, watch } from '../chunks.ts'
import { Failure } from '../failure.ts'
import { startProgress } from '../progress.ts'
import { fetchJson } from './fetch-json.ts'
import { AccessLog, type LogOptions } from './logs/access-log.ts'
import type { LogKind } from './logs/entry.ts'

/** The traffic to advise on. */
export interface Given {
  readonly source: Snapshot | OutgoingSnapshot | Intervals
  /** Where the traffic is from and how it was read: a sentence each, without a full stop. */
  readonly notes: readonly string[]
  /** The server that wrote the log; left out where the numbers are the kit's. */
  readonly kind?: LogKind
}

/** In bytes. A snapshot has a few hundred kilobytes at most. */
const largestSnapshot = 16 * 2 ** 20

/**
 * @param name - a file, a URL of a snapshot, or `-` for standard input.
 * @throws Failure where the source cannot be read.
 */
export async function load(name: string, options: LogOptions): Promise<Given> {
  if (/^https?:\/\//.test(name)) return given(await fetchJson(name), `snapshot of ${name}`)
  if (name === '-') return readLog(process.stdin, 0, options)
  try {
    const { head, size } = await look(name)
    if (options.format === undefined && isSnapshot(head)) return await readSnapshot(name, size)
    return await readLog(createReadStream(name), size, options)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof Failure || code === undefined) throw error
    throw new Failure(
      `${name} ${faults[code] ?? `cannot be read (${code})`}`,
      'name a file with a snapshot or a log',
    )
  }
}

const faults: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EISDIR: 'is a folder',
}

async function look(path: string): Promise<{ head: string; size: number }> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4_096), 0, 4_096, 0)
    return { head: buffer.toString('latin1', 0, bytesRead), size: (await file.stat()).size }
  } finally {
    await file.close()
  }
}

/** By its first key, which no log line begins with. PowerShell puts a byte order mark before it. */
const isSnapshot = (head: string): boolean => /^(?:\xef\xbb\xbf)?\s*\{\s*"version"\s*:/.test(head)

async function readSnapshot(path: string, size: number): Promise<Given> {
  if (size > largestSnapshot)
    throw new Failure(
      `${path} is too large for a snapshot`,
      'write JSON.stringify(connections.snapshot()) into the file',
    )
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(path)) chunks.push(chunk as Buffer)
  try {
    // The decoder leaves a byte order mark out.
    const text = new TextDecoder().decode(Buffer.concat(chunks))
    return given(JSON.parse(text), `snapshot ${path}`)
  } catch {
    throw new Failure(`${path} is not JSON`, 'write JSON.stringify(connections.snapshot()) into the file')
  }
}

function given(source: unknown, name: string): Given {
  const isOutgoing = typeof source === 'object' && source !== null && 'origins' in source
  const other =
    ' of outgoing connections: "client" is the server here, keepAliveTimeout is the agent\'s timeout'
  return { source: source as Given['source'], notes: [isOutgoing ? name + other : name] }
}

/** @param size - of the file in bytes; 0 if unknown. */
async function readLog(file: Readable, size: number, options: LogOptions): Promise<Given> {
  const log = new AccessLog(options)
  const progress = startProgress(Math.max(size, 1))
  const watched = watch(file, (bytes) => progress.update(bytes, count(log.lines, 'line')))
  try {
    for await (const chunk of unzipped(watched)) log.push(chunk)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code?.startsWith('Z_'))
      throw new Failure(`the log is not a whole gzip file (${code})`, 'check the file with gzip -t')
    throw error
  } finally {
    progress.stop()
    file.destroy()
  }
  const { intervals, notes, kind } = log.finish()
  return { source: intervals, notes, kind }
}
