import type { DrainReport } from '../../src/index.ts'
import type { RawClient } from './raw.ts'

/** What a drain has destroyed, where it destroyed nothing. */
export const nothingForced: DrainReport['forced'] = {
  new: 0,
  active: 0,
  idle: 0,
  closing: 0,
  upgraded: 0,
  unknown: 0,
}

/** Ends its side once the server has ended the other, as clients do. */
export function endWithServer(client: RawClient): RawClient {
  client.socket.on('end', () => client.socket.end())
  return client
}
