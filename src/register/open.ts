import type { KeepAlive } from '../keep-alive.ts'
import { startOutgoing } from '../outgoing/start.ts'
import type { Environment } from '../process/environment.ts'
import { say } from '../process/say.ts'

/**
 * Opens the page and the metrics on the ports that the environment sets.
 *
 * @param own - receives each server before it listens.
 */
export async function openServers(
  kit: KeepAlive,
  { dashboardPort, metricsPort, metricsHost, outgoing, outgoingOrigins }: Environment,
  own: WeakSet<object>,
): Promise<void> {
  // A .env file may have set it after the preload.
  if (outgoing) startOutgoing()
  if (dashboardPort !== undefined)
    await open('The page', dashboardPort, async (failed) => {
      const { openPage } = await import('./page.ts')
      openPage(kit, dashboardPort, own, failed)
    })
  if (metricsPort !== undefined)
    await open('The metrics', metricsPort, async (failed) => {
      const { openMetrics } = await import('./metrics.ts')
      openMetrics(kit, outgoingOrigins, { port: metricsPort, host: metricsHost }, own, failed)
    })
}

async function open(
  what: 'The page' | 'The metrics',
  port: number,
  act: (failed: (error: unknown) => void) => Promise<void>,
): Promise<void> {
  const failed = (error: unknown): void => {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? `port ${port} is in use, possibly by another worker` : message
    say(`${what} of this process ${what === 'The page' ? 'is' : 'are'} not served: ${reason}`)
  }
  await act(failed).catch(failed)
}
