/** One HTTP response as it was on the wire. */
export interface RawResponse {
  readonly status: number
  readonly version: string
  /** By lower-case name; repeated headers are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** False for a body that only the end of the connection delimits, and for an incomplete one. */
  readonly whole: boolean
}

/** The responses in a stream of bytes, without interim ones; an incomplete one at the end does not count. */
export function responsesIn(text: string, options: { readonly head?: boolean } = {}): RawResponse[] {
  const found: RawResponse[] = []
  let rest = text
  for (;;) {
    const headEnd = rest.indexOf('\r\n\r\n')
    if (headEnd < 0) return found
    const [statusLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n')
    const [, version = '', status = ''] = /^HTTP\/(\d\.\d) (\d{3})/.exec(statusLine) ?? []
    const headers: Record<string, string> = {}
    for (const line of lines) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).toLowerCase()
      const value = line.slice(colon + 1).trim()
      headers[name] = name in headers ? `${headers[name]}, ${value}` : value
    }
    rest = rest.slice(headEnd + 4)
    if (status.startsWith('1')) continue
    const body =
      options.head || status === '304' || status === '204' ? { body: '', length: 0 } : bodyOf(rest, headers)
    if (!body) return found
    rest = rest.slice(body.length)
    found.push({ status: Number(status), version, headers, body: body.body, whole: body.length >= 0 })
  }
}

function bodyOf(rest: string, headers: Record<string, string>): { body: string; length: number } | undefined {
  if (headers['transfer-encoding'] === 'chunked') return chunked(rest)
  const length = Number(headers['content-length'] ?? rest.length)
  return rest.length < length ? undefined : { body: rest.slice(0, length), length }
}

function chunked(rest: string): { body: string; length: number } | undefined {
  let body = ''
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(rest.slice(at, lineEnd), 16)
    if (size === 0) {
      const end = rest.indexOf('\r\n', lineEnd + 2)
      return end < 0 ? undefined : { body, length: end + 2 }
    }
    body += rest.slice(lineEnd + 2, lineEnd + 2 + size)
    at = lineEnd + 2 + size + 2
    if (at > rest.length) return undefined
  }
}
