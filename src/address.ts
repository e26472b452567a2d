/** What an address shows of its network: the first so many of the eight groups. */
const maskedGroups = 3
const clientGroups = 4

/** A peer without a network address. */
const loopback = '::1'

/** An IPv4 address in an IPv6 socket's clothes: `::ffff:192.0.2.1`. */
const mapped = '::ffff:'

/**
 * An address with what points at one person zeroed: IPv4's last octet, IPv6 beyond /48. An IPv4-mapped IPv6 address
 * is masked as IPv4 and stays mapped. `::1`, and what is no IP address, stays as it is.
 */
export function maskAddress(address: string): string {
  if (!address.includes(':')) return maskIPv4(address)
  if (isMapped(address)) return mapped + maskIPv4(address.slice(mapped.length))
  if (address === loopback) return address
  return network(address, maskedGroups)
}

/**
 * What a client is known by: IPv4 addresses one by one, IPv6 by /64, as a single host has as many addresses as it
 * likes within it. Masked, IPv4 by /24 and IPv6 by /48. An IPv4-mapped IPv6 address is IPv4; `::1` is always itself.
 */
export function clientAddress(address: string, masked: boolean): string {
  const plain = isMapped(address) ? address.slice(mapped.length) : address
  if (!plain.includes(':')) return masked && plain.includes('.') ? `${maskIPv4(plain)}/24` : plain
  if (plain === loopback) return plain
  return masked ? `${network(plain, maskedGroups)}/48` : `${network(plain, clientGroups)}/64`
}

function isMapped(address: string): boolean {
  return address.startsWith(mapped) && address.includes('.')
}

function maskIPv4(address: string): string {
  const end = address.lastIndexOf('.')
  return end < 0 ? address : `${address.slice(0, end)}.0`
}

/** The first groups of an IPv6 address as text, all others zero. */
function network(address: string, count: number): string {
  const groups = groupsOf(address).slice(0, count)
  while (groups.at(-1) === '0') groups.pop()
  return `${groups.join(':')}::`
}

function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('%', 1)[0]!.split('::')
  const left = head === '' ? [] : head.split(':')
  if (tail === undefined) return left
  const right = tail === '' ? [] : tail.split(':')
  // A dotted quad at the end stands for two groups.
  const width = right.length + (tail.includes('.') ? 1 : 0)
  return [...left, ...Array<string>(Math.max(0, 8 - left.length - width)).fill('0'), ...right]
}
