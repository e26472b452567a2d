import type { Explained } from '../../explain/join.ts'
import type { Summary } from '../../explain/summary.ts'
import { printableJson } from '../../words.ts'

/** The version of what `--json` prints. */
const version = 1

/** Prints the failures as they come, as one object of JSON, so that it may be longer than memory. */
export class JsonOutput {
  #isFirst = true

  async add(explained: readonly Explained[]): Promise<void> {
    for (const each of explained) {
      await print(`${this.#isFirst ? `{"version":${version},"failures":[\n` : ',\n'}${printableJson(each)}`)
      this.#isFirst = false
    }
  }

  async finish(summary: Summary): Promise<void> {
    const start = this.#isFirst ? `{"version":${version},"failures":[` : ''
    await print(`${start}\n],"summary":${printableJson(summary)}}\n`)
  }
}

/** Waits where the reader is slower. Where the reader has left, as `head` does, the program ends. */
export async function print(text: string): Promise<void> {
  const { stdout } = process
  if (!isWatched) stdout.on('error', endAtBrokenPipe)
  isWatched = true
  if (stdout.write(text)) return
  await new Promise<void>((done) => {
    stdout.once('drain', done)
    stdout.once('close', done)
  })
}

let isWatched = false

/** @throws any other error. */
function endAtBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit()
}
