import { isLocal } from '../dashboard/access.ts'
import { dashboard } from '../dashboard/dashboard.ts'
import type { KeepAlive } from '../keep-alive.ts'
import { openServer } from './own-server.ts'

/**
 * The page on a port of its own, for this machine alone. It stays so behind a proxy, which has no business with this port:
 * what comes through one is refused by its headers.
 */
export function openPage(
  kit: KeepAlive,
  port: number,
  own: WeakSet<object>,
  failed: (error: NodeJS.ErrnoException) => void,
): void {
  const page = dashboard(kit, { authorize: isLocal })
  openServer((req, res) => void page(req, res), { port, host: '127.0.0.1' }, own, failed)
}
