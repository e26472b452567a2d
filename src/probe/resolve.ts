import { isIP } from 'node:net'
import { quote } from '../errors.ts'
import { ProbeFailure } from './failure.ts'
import type { Lookup } from './target.ts'

/** `host:port:address` of `--resolve`, as in curl. */
export interface Resolution {
  readonly host: string
  readonly port: number
  readonly address: string
}

/** `undefined` for any other text. An IPv6 address may be in brackets. */
export function parseResolution(text: string): Resolution | undefined {
  const match = /^([^:\s]{1,253}):(\d{1,5}):\[?([\da-f:.]{2,45})\]?$/i.exec(text)
  if (!match) return undefined
  const [, host = '', port = '', address = ''] = match
  if (isIP(address) === 0 || Number(port) < 1 || Number(port) > 65_535) return undefined
  return { host: host.toLowerCase(), port: Number(port), address }
}

/** A lookup that uses the given addresses. Not to use any is a mistake: the probe would measure another server. */
export function lookupWith(resolutions: readonly Resolution[], system: Lookup): Lookup {
  if (resolutions.length === 0) return system
  return async (name, port) => {
    const found = resolutions.find((each) => each.host === name.toLowerCase() && each.port === port)
    if (found) return found.address
    throw new ProbeFailure(`--resolve names no address for ${quote(`${name}:${port}`)}`)
  }
}
