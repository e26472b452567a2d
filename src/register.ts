import type { KeepAlive } from './keep-alive.ts'
import { attachProcess } from './process/process-kit.ts'
import { say } from './process/say.ts'
import { type Environment, readEnvironment, withVariable } from './register/environment.ts'

// Preloaded by --import, --require or NODE_OPTIONS. It exports nothing, and what fails here must not take the app down.

/** The servers of the page and of the metrics, which are not the app's. */
const own = new WeakSet<object>()

try {
  const environment = readEnvironment(process.env)
  if (environment) {
    attachProcess(environment.options, environment.how, {
      own,
      // Not before there is a server: by NODE_OPTIONS npm and every tool is preloaded too, and would take the ports.
      started: (kit) => void openServers(kit, environment),
    })
  }
} catch (error) {
  say(withVariable(error))
}

async function openServers(kit: KeepAlive, environment: Environment): Promise<void> {
  const { dashboardPort, metricsPort, metricsHost } = environment
  if (dashboardPort !== undefined)
    await open('The page', dashboardPort, async (failed) => {
      const { openPage } = await import('./register/page.ts')
      openPage(kit, dashboardPort, own, failed)
    })
  if (metricsPort !== undefined)
    await open('The metrics', metricsPort, async (failed) => {
      const { openMetrics } = await import('./register/metrics.ts')
      openMetrics(kit, { port: metricsPort, host: metricsHost }, own, failed)
    })
}

async function open(
  what: string,
  port: number,
  act: (failed: (error: unknown) => void) => Promise<void>,
): Promise<void> {
  const failed = (error: unknown): void => {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? `port ${port} is in use, maybe by another worker` : message
    say(`${what} of this process ${what.endsWith('s') ? 'are' : 'is'} not served: ${reason}`)
  }
  await act(failed).catch(failed)
}
