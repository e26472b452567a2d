import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** Between two looks at the clock while reading, in chunks of 64 KiB. */
const chunksPerUpdate = 16

/** Passes chunks on, and tells how many bytes went by. */
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

/** What is gzip by its first bytes (RFC 1952), unpacked as it comes. Files that were put behind each other are one. */
export async function* unzipped(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const { value: first, done } = await chunks.next()
  if (done) return
  const all = prepend(first, chunks)
  if (first[0] !== 0x1f || first[1] !== 0x8b) yield* all
  else yield* pipeline(Readable.from(all), createGunzip(), () => {}) as AsyncIterable<Buffer>
}

async function* prepend(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* rest
}
