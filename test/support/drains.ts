import type { DrainReport } from '../../src/index.ts'
import type { RawClient } from './raw.ts'

/** The `forced` counts of a drain that destroyed nothing. */
export const nothingForced: DrainReport['forced'] = {
  new: 0,
  active: 0,
  idle: 0,
  closing: 0,
  upgraded: 0,
  unknown: 0,
}

/** Ends its side after the server has ended the other side, as clients do. */
export function endWithServer(client: RawClient): RawClient {
  client.socket.on('end', () => client.socket.end())
  return client
}
