import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import type { KeepAlive } from '../keep-alive.ts'
import { registeredOutgoing } from '../outgoing/registered.ts'
import { collectMetrics, collectOutgoing, type MetricRegistry } from '../reporters/prometheus.ts'
import { openServer, type Place } from './own-server.ts'

/** The parts of prom-client that the kit uses. */
interface PromClient {
  readonly Registry: new () => MetricRegistry & { readonly contentType: string; metrics(): Promise<string> }
}

/**
 * Serves the kit's metrics on their own port, with the app's own prom-client.
 *
 * @param origins - the origins of outgoing connections that have their own metrics.
 * @throws Error if the app has no prom-client.
 */
export function openMetrics(
  kit: KeepAlive,
  origins: readonly string[],
  place: Place,
  own: WeakSet<object>,
  failed: (error: NodeJS.ErrnoException) => void,
): void {
  const { Registry } = promClient()
  const registry = collectMetrics(kit, new Registry())
  const outgoing = registeredOutgoing()
  if (outgoing) collectOutgoing(outgoing, registry, { origins })
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const isMetrics = req.url?.split('?')[0] === '/metrics'
    res.writeHead(isMetrics ? 200 : 404, { 'Content-Type': isMetrics ? registry.contentType : 'text/plain' })
    res.end(isMetrics ? await registry.metrics() : 'The metrics are at /metrics.\n')
  }
  openServer((req, res) => void answer(req, res).catch(() => res.destroy()), place, own, failed)
}

/** Loads it as the app would: from the app's main module, or from the working directory. */
function promClient(): PromClient {
  const [, main] = process.argv
  const places = [...(main ? [resolve(main)] : []), join(process.cwd(), 'index.js')]
  for (const place of places) {
    try {
      return createRequire(place)('prom-client') as PromClient
    } catch {}
  }
  throw new Error('the app has no prom-client: install it, or remove KEEPALIVE_KIT_METRICS_PORT')
}
