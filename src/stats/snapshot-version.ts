import { KeepAliveError } from '../errors.ts'

/** The version of snapshots that are made here. */
export const snapshotVersion = 2

/** Earlier ones are understood too: they lack what HTTP/2 has added. */
const known: readonly unknown[] = [1, snapshotVersion]

/**
 * @param taker - who was given the snapshot, such as `mergeSnapshots()`.
 * @throws KeepAliveError `ERR_KEEPALIVE_SNAPSHOT_VERSION` for what is no snapshot, or one of another version.
 */
export function checkVersion(snapshot: unknown, taker: string): void {
  const version = (snapshot as { version?: unknown } | null | undefined)?.version
  if (known.includes(version)) return
  throw new KeepAliveError('ERR_KEEPALIVE_SNAPSHOT_VERSION', {
    subject: taker,
    rule: `takes snapshots of the versions ${known.join(' and ')}`,
    value: version,
    remedy: 'Run one version of the kit in all processes, and pass what its snapshot() returned',
  })
}
