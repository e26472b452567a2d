import type { Response } from './response.ts'

/** A number of the `Keep-Alive` header as it stands; `null` without it. */
export function keepAliveParameter({ headers }: Response, name: 'timeout' | 'max'): number | null {
  const parameters = headers.get('keep-alive') ?? ''
  const match = new RegExp(`(?:^|[,;\\s])${name}\\s*=\\s*"?(\\d{1,9})(?![\\w.])`, 'i').exec(parameters)
  return match ? Number(match[1]) : null
}
