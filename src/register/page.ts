import { isLocal } from '../dashboard/access.ts'
import { dashboard } from '../dashboard/dashboard.ts'
import type { KeepAlive } from '../keep-alive.ts'
import { openServer } from './own-server.ts'

/**
 * Serves the page on its own port, only for clients on this machine. Even if the app has a proxy in front, the proxy must
 * not serve this port: a request through a proxy is rejected by its headers.
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
