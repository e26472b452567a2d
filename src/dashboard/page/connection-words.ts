import { bytes, count, duration, number } from '../../words.ts'
import type { ConnectionLine } from '../messages.ts'

export function peerOf({ remoteAddress: address, remotePort: port }: ConnectionLine): string {
  if (address === undefined) return '–'
  if (port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

export function bytesOf({ bytesRead, bytesWritten }: ConnectionLine): string {
  return `${bytes(bytesRead)}, ${bytes(bytesWritten)}`
}

export function protocolOf({ protocol, tls }: ConnectionLine): string {
  return [protocol && `HTTP/${protocol}`, tls].filter(Boolean).join(', ') || '–'
}

/** What a connection lost by its close; '' for nothing. */
export function lossOf({ ending }: ConnectionLine): string {
  const lost = (ending?.late ?? 0) + (ending?.dropped ?? 0)
  return lost === 0 ? '' : `${count(lost, 'request')} lost`
}

/** All that is known of a connection, by name. */
export function factsOf(line: ConnectionLine): readonly (readonly [name: string, value: string])[] {
  const { state, idle, age, requests, reused, ending } = line
  const idleFor = idle > 0 ? ` after ${duration(idle)} idle` : ''
  const now = state === 'idle' ? `idle for ${duration(idle)}` : state
  const how = ending
    ? `closed by the ${ending.closedBy}${idleFor}: ${[ending.reason, lossOf(line)].filter(Boolean).join(', ')}`
    : now
  return [
    ['Peer', peerOf(line)],
    ['State', how],
    [
      'Requests',
      reused > 0 ? `${number(requests)}, of which ${number(reused)} reused the connection` : number(requests),
    ],
    ['Age', duration(age)],
    ['Bytes in, out', bytesOf(line)],
    ['Protocol', protocolOf(line)],
  ]
}
