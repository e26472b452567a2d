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
  if (version === undefined) throw notASnapshot(snapshot, taker)
  throw new KeepAliveError('ERR_KEEPALIVE_SNAPSHOT_VERSION', {
    subject: taker,
    rule: `takes snapshots of ${known.length > 1 ? 'the versions' : 'version'} ${known.join(' and ')}`,
    value: version,
    remedy: 'Run one version of the kit in all processes, and pass what its snapshot() returned',
  })
}

function notASnapshot(value: unknown, taker: string): KeepAliveError {
  return new KeepAliveError('ERR_KEEPALIVE_SNAPSHOT_VERSION', {
    subject: taker,
    rule: 'takes a snapshot',
    value,
    remedy: remedyFor(value),
  })
}

/** What to pass instead: the app may have the snapshot at hand in another form. */
function remedyFor(value: unknown): string {
  const given = value as { snapshot?: unknown; then?: unknown } | null | undefined
  if (typeof given?.snapshot === 'function')
    return 'Call snapshot() on what you passed, as in connections.snapshot()'
  if (typeof value === 'function')
    return 'Pass what snapshot() returns, as in connections.snapshot(); with Koa the kit is middleware.keepAlive'
  if (typeof given?.then === 'function') return 'Await the promise, and pass the snapshot that it resolves to'
  if (typeof value === 'string') return 'Pass the object: JSON.parse() makes it of text'
  return 'Pass what snapshot() returned, as in connections.snapshot()'
}
