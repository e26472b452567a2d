import { KeepAliveError } from '../errors.ts'

/** The version of the snapshots that this release makes. */
export const snapshotVersion = 2

/** The versions that this release reads. Version 1 lacks the HTTP/2 counts. */
const readable: readonly number[] = [1, snapshotVersion]

/**
 * @param taker - the function that got the snapshot, such as `mergeSnapshots()`.
 * @param known - the versions that the function reads.
 * @throws KeepAliveError `ERR_KEEPALIVE_SNAPSHOT_VERSION` for a snapshot of another version, or any other value.
 */
export function checkVersion(snapshot: unknown, taker: string, known: readonly unknown[] = readable): void {
  const version = (snapshot as { version?: unknown } | null | undefined)?.version
  if (known.includes(version)) return
  throw new KeepAliveError('ERR_KEEPALIVE_SNAPSHOT_VERSION', {
    subject: taker,
    rule: `takes snapshots of ${known.length > 1 ? 'the versions' : 'version'} ${known.join(' and ')}`,
    value: version,
    remedy: 'Run one version of the kit in all processes, and pass what its snapshot() returned',
  })
}
