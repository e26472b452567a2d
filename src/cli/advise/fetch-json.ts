import { Failure } from '../failure.ts'

/** For the whole response, in ms. */
const longestWait = 30_000
const longestAnswer = 64 * 2 ** 20

/**
 * Fetches JSON from a URL. Time and size are bounded.
 *
 * @throws Failure where there is none.
 */
export async function fetchJson(url: string): Promise<unknown> {
  const [place] = url.split('?') as [string]
  let text: string
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(longestWait),
      headers: { accept: 'application/json' },
    })
    text = await textOf(response, place)
    // Prometheus describes its errors in JSON.
    if (!response.ok && !text.startsWith('{'))
      throw new Failure(`${place} answered ${response.status}`, 'check the URL')
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(
      `${place} cannot be reached: ${reasonOf(error)}`,
      'check host and port, and that a server listens there',
    )
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new Failure(`${place} did not answer with JSON`, 'check the URL')
  }
}

async function textOf(response: Response, place: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > longestAnswer)
      throw new Failure(`${place} answered with more than 64 MiB`, 'choose a shorter --range')
  }
  return text + decoder.decode()
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EAI_AGAIN: 'the host name cannot be looked up now',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOTFOUND: 'there is no such host name',
  ETIMEDOUT: 'connecting timed out',
  UND_ERR_CONNECT_TIMEOUT: 'connecting timed out',
  UND_ERR_SOCKET: 'the connection was closed before the answer',
  TimeoutError: `no whole answer in ${longestWait / 1000} s`,
}

/** The cause of a failed fetch in words, or its code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  const { cause } = error
  const { code } = (cause ?? error) as { code?: unknown }
  const name = typeof code === 'string' ? code : error.name
  if (Object.hasOwn(reasons, name)) return reasons[name]!
  return typeof code !== 'string' && cause instanceof Error ? cause.message : name
}
