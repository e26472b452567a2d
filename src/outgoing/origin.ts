import { cut, printable } from '../words.ts'

/** A host name has 253 characters at most; a path of a Unix socket 107. */
const longest = 300

const defaultPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/** What is needed of a `ClientRequest`. */
export interface NamedRequest {
  readonly protocol?: unknown
  readonly host?: unknown
  readonly socketPath?: unknown
  getHeader?(name: string): unknown
}

/** What undici says of the other end. */
export interface ConnectParams {
  readonly protocol?: unknown
  readonly hostname?: unknown
  readonly port?: unknown
}

/**
 * The origin of a request of `node:http`. A `ClientRequest` does not have its port: it stands in the Host header, unless the
 * app has set a header of its own; then it is that of the socket.
 *
 * @param remotePort - of the socket, where it is connected.
 */
export function originOf(request: NamedRequest, remotePort: unknown): string {
  const { protocol, host, socketPath } = request
  if (typeof socketPath === 'string' && socketPath !== '') return tidy(`unix:${socketPath}`)
  const name = bracketed(String(host))
  const header = String(request.getHeader?.('host') ?? '').toLowerCase()
  const [, headerName, port = ''] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(header) ?? []
  return withPort(String(protocol), name, headerName === name ? port : String(remotePort ?? ''))
}

/** The origin of a connection of undici's. */
export function originOfParams({ protocol, hostname, port }: ConnectParams): string {
  return withPort(String(protocol), bracketed(String(hostname)), String(port ?? ''))
}

/** The origin of an undici request, which is a URL or a string. */
export function originOfUrl(given: unknown): string {
  return tidy(String(given))
}

function withPort(protocol: string, name: string, port: string): string {
  const isDefault = port === '' || port === defaultPorts[protocol]
  return tidy(`${protocol}//${name}${isDefault ? '' : `:${port}`}`)
}

function bracketed(host: string): string {
  const name = host.toLowerCase()
  return name.includes(':') && !name.startsWith('[') ? `[${name}]` : name
}

/** A redirect may lead to any name: on one line, and of bounded length. */
function tidy(origin: string): string {
  return printable(cut(origin, longest))
}
