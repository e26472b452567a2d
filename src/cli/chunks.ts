import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Failure } from './failure.ts'

/** How often to update the progress, in chunks of 64 KiB. */
const chunksPerUpdate = 16

/** Passes chunks on, and tells how many bytes have passed. */
export async function* watch(
  chunks: AsyncIterable<Buffer>,
  tell: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let bytes = 0
  let taken = 0
  for await (const chunk of chunks) {
    yield chunk
    bytes += chunk.length
    if (++taken % chunksPerUpdate === 0) tell(bytes)
  }
}

/**
 * Unpacks what is gzip by its first bytes (RFC 1952). Gzip files joined by cat are one.
 *
 * @throws Failure for anything else that is not text: a text has no zero byte.
 */
export async function* unzipped(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const { value: first, done } = await chunks.next()
  if (done) return
  const all = prepend(first, chunks)
  if (first[0] !== 0x1f || first[1] !== 0x8b) {
    if (first.includes(0))
      throw new Failure('the log is binary, or UTF-16', 'name a log in UTF-8, as it is or gzipped')
    yield* all
  } else yield* pipeline(Readable.from(all), createGunzip(), () => {}) as AsyncIterable<Buffer>
}

async function* prepend(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* rest
}
