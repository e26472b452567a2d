/** A header from the command line. */
export type ExtraHeader = readonly [name: string, value: string]

/** The limits: headers, and characters in total. */
export const headerBounds = { count: 32, characters: 8_192 } as const

/** Headers that the probe sets itself: the framing, the connection, and its own name. */
const reserved: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
])

/**
 * Reads `Name: value`.
 *
 * @returns why the header is refused, without its value: the value may be a credential.
 */
export function parseHeader(text: string): ExtraHeader | string {
  const match = /^([!#$%&'*+\-.^_`|~\w]{1,100}):(.*)$/s.exec(text)
  if (!match) return 'a header is written as "Name: value"'
  const [, name = '', rest = ''] = match
  if (reserved.has(name.toLowerCase())) return `the probe sets ${name} itself`
  const value = rest.trim()
  if (value === '') return `${name} has no value`
  // A character beyond Latin-1 has no byte; a CR or LF would start another header.
  if (!/^[\t\u0020-\u007e\u00a0-\u00ff]*$/.test(value))
    return `${name} has a character that no header may have`
  return [name, value]
}

/** The headers of a request. A header from the command line replaces the probe's own. */
export function requestHeaders(own: readonly ExtraHeader[], host: string, userAgent: string): ExtraHeader[] {
  const names = new Set(own.map(([name]) => name.toLowerCase()))
  const standard: ExtraHeader[] = [
    ['Host', host],
    ['User-Agent', userAgent],
    ['Accept', '*/*'],
  ]
  return [...standard.filter(([name]) => !names.has(name.toLowerCase())), ...own]
}

/** The lines of an HTTP/1.1 request after the first. */
export function headerLines(own: readonly ExtraHeader[], host: string, userAgent: string): string {
  return [...requestHeaders(own, host, userAgent), ['Connection', 'keep-alive']]
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}
