/** How many of the eight groups of an IPv6 address are kept when masked, and how many identify a client. */
const maskedGroups = 3
const clientGroups = 4

/** Masking leaves it as it is: it says nothing about a network. */
const loopback = '::1'

/** The prefix of an IPv4 address on an IPv6 socket: `::ffff:192.0.2.1`. */
const mapped = '::ffff:'

/**
 * Masks an address so that it does not identify one person: the last octet of IPv4 and everything beyond /48 of IPv6
 * become zero. An IPv4-mapped IPv6 address is masked as IPv4 and stays mapped. `::1`, and any other text, stays as it is.
 */
export function maskAddress(address: string): string {
  if (!address.includes(':')) return maskIPv4(address)
  if (isMapped(address)) return mapped + maskIPv4(address.slice(mapped.length))
  if (address === loopback) return address
  return network(address, maskedGroups)
}

/**
 * The key of a client: the IPv4 address, or the /64 of an IPv6 address, because a single host can use any address in its
 * /64. Masked: /24 for IPv4, /48 for IPv6. An IPv4-mapped IPv6 address counts as IPv4. `::1` stays as it is.
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

/** The first groups of an IPv6 address as text; all other groups are zero. */
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
  // A dotted quad at the end counts as two groups.
  const width = right.length + (tail.includes('.') ? 1 : 0)
  return [...left, ...Array<string>(Math.max(0, 8 - left.length - width)).fill('0'), ...right]
}
