import { Failure } from '../failure.ts'

/** For the whole answer, in ms. */
const longestWait = 30_000
const longestAnswer = 64 * 2 ** 20

/**
 * Asks a URL for JSON, for a bounded time and a bounded answer.
 *
 * @throws Failure where there is none.
 */
export async function fetchJson(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(longestWait),
      headers: { accept: 'application/json' },
    })
    const text = await textOf(response, url)
    // Prometheus explains its errors in JSON.
    if (!response.ok && !text.startsWith('{'))
      throw new Failure(`${url} answered ${response.status}`, 'check the URL')
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(`${url} gave no JSON (${reasonOf(error)})`, 'check the URL, and that it can be reached')
  }
}

async function textOf(response: Response, url: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > longestAnswer) throw new Failure(`${url} answered too much`, 'ask for less')
  }
  return text + decoder.decode()
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  const { cause } = error
  const { code } = (cause ?? error) as { code?: unknown }
  return typeof code === 'string' ? code : error.name
}
