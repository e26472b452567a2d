import { KeepAliveError } from '../errors.ts'

/** The version of the snapshots that this release reads and writes. */
export const snapshotVersion = 1

/**
 * @param taker - the function that got the snapshot, such as `mergeSnapshots()`.
 * @throws KeepAliveError `ERR_KEEPALIVE_SNAPSHOT_VERSION` for a snapshot of another version, or any other value.
 */
export function checkVersion(snapshot: unknown, taker: string): void {
  const version = (snapshot as { version?: unknown } | null | undefined)?.version
  if (version === snapshotVersion) return
  throw new KeepAliveError('ERR_KEEPALIVE_SNAPSHOT_VERSION', {
    subject: taker,
    rule: `takes snapshots of version ${snapshotVersion}`,
    value: version,
    remedy: 'Run one version of the kit in all processes, and pass what its snapshot() returned',
  })
}
