import { KeepAliveError } from '../errors.ts'

/** The version of snapshots that is understood here. */
export const snapshotVersion = 1

/**
 * @param taker - who was given the snapshot, such as `mergeSnapshots()`.
 * @throws KeepAliveError `ERR_KEEPALIVE_SNAPSHOT_VERSION` for what is no snapshot, or one of another version.
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
