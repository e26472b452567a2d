import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { quote } from '../errors.ts'
import { ProbeFailure } from './failure.ts'

/** The probe's target: one address, to which all connections go. */
export interface Target {
  /** Without a fragment. */
  readonly url: string
  readonly tls: boolean
  readonly address: string
  readonly port: number
  /** For the Host header. */
  readonly host: string
  /** For the certificate; `undefined` where the URL names an address. */
  readonly servername: string | undefined
  /** Path and query. */
  readonly path: string
  /** `127.0.0.1:3000`, `[::1]:3000`: for messages. */
  readonly where: string
}

/** Looks up the address of a host name; of several it takes the first. */
export type Lookup = (name: string, port: number) => Promise<string>

/**
 * Reads a URL and looks up its address.
 *
 * @throws ProbeFailure if the text is not an http or https URL, or its host name has no address.
 */
export async function findTarget(text: string, find: Lookup = systemLookup): Promise<Target> {
  const url = parse(text)
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const literal = isIP(name) !== 0
  const tls = url.protocol === 'https:'
  const port = Number(url.port || (tls ? 443 : 80))
  const address = literal ? name : await find(name, port)
  return {
    url: url.href,
    tls,
    address,
    port,
    host: url.host,
    servername: literal ? undefined : name,
    path: url.pathname + url.search,
    where: isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`,
  }
}

const maxPort = 65_535
const remedy = 'Write a URL such as http://localhost:3000/'

function parse(text: string): URL {
  // `localhost:3000` would be a URL of the scheme `localhost`.
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`
  let url: URL
  try {
    url = new URL(whole)
  } catch {
    const [, port] = /^[^/?#]*\/\/[^/?#]*:(\d{1,20})(?:[/?#]|$)/.exec(whole) ?? []
    if (Number(port) > maxPort)
      throw new ProbeFailure(`the port of ${quote(text)} must be from 0 to ${maxPort}. ${remedy}`)
    throw new ProbeFailure(`${quote(text)} is not a URL. ${remedy}`)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ProbeFailure(`${quote(text)} is neither http nor https. ${remedy}`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new ProbeFailure(
      "the URL has a user name or a password, which the probe does not send. Pass -H 'Authorization: …' instead",
    )
  }
  url.hash = ''
  return url
}

export async function systemLookup(name: string): Promise<string> {
  try {
    // IPv4 first: many servers listen on 127.0.0.1 only, and localhost is ::1 too.
    const { address } = await lookup(name, { verbatim: false })
    return address
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    throw new ProbeFailure(`${quote(name)} has no address (${code}). Check the host name, or pass --resolve`)
  }
}

/** Addresses of this machine and of private networks. */
const own = new BlockList()
own.addSubnet('0.0.0.0', 8)
own.addSubnet('127.0.0.0', 8)
own.addSubnet('10.0.0.0', 8)
own.addSubnet('172.16.0.0', 12)
own.addSubnet('192.168.0.0', 16)
own.addSubnet('169.254.0.0', 16)
own.addAddress('::', 'ipv6')
own.addAddress('::1', 'ipv6')
own.addSubnet('fc00::', 7, 'ipv6')
own.addSubnet('fe80::', 10, 'ipv6')

/** Whether an address is public: not loopback, private (RFC 1918, RFC 4193) or link-local. */
export function isPublic(address: string): boolean {
  const plain = address.split('%', 1)[0]!
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
  const checked = mapped ?? plain
  return !own.check(checked, isIP(checked) === 6 ? 'ipv6' : 'ipv4')
}
