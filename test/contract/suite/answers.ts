import { Readable } from 'node:stream'
import { connectionOf } from '../../../src/index.ts'
import type { Answer, Answers } from './framework.ts'

/** The answers of the app under the contract by path, and the URLs of the requests that reached it. */
export function makeAnswers(): { answers: Answers; served: string[] } {
  const served: string[] = []
  const answers: Answers = (req) => {
    const url = req.url ?? ''
    served.push(url)
    const [path = ''] = url.split('?')
    if (path === '/facts') return { status: 200, body: JSON.stringify(connectionOf(req)) }
    return byPath[path]?.()
  }
  return { answers, served }
}

const byPath: Readonly<Record<string, () => Answer>> = {
  '/': () => ({ status: 200, body: 'ok' }),
  '/stream': () => ({ status: 200, body: Readable.from(slowly(['str', 'eam'])) }),
  '/nothing': () => ({ status: 204 }),
  '/same': () => ({ status: 304 }),
  '/fail': () => {
    // The stack goes into the body of some frameworks' 500.
    throw Object.assign(new Error('wanted'), { stack: 'Error: wanted' })
  },
}

async function* slowly(chunks: readonly string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    await new Promise((done) => setImmediate(done))
    yield Buffer.from(chunk)
  }
}
