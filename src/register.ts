import { subscribe } from 'node:diagnostics_channel'
import { hasWorkers, isWorker } from './process/cluster.ts'
import { notePreload } from './process/preload.ts'
import { print } from './process/say.ts'
import { isHttp, watchServers } from './process/servers.ts'
import { tellOfEnd } from './process/threads.ts'

// Preloaded by --import, --require or NODE_OPTIONS. It exports nothing, and what fails here must not take the app down.
//
// By NODE_OPTIONS npm and every tool is preloaded too. So the kit is loaded when there is a server for it: that costs 30 ms
// of CPU. `import()` is `require()` in a microtask here, so that the event loop does not go on before: no connection comes.

/** The servers of the page and of the metrics, which are not the app's. */
const own = new WeakSet<object>()

/** What the kit does with a server; nothing before there is a kit. */
let found: ((server: object) => void) | undefined

const isFirst = notePreload({
  isRead: false,
  watch(see) {
    found = see
  },
  started(kit, environment) {
    void import('./register/open.ts')
      .then(({ openServers }) => openServers(kit, environment, own))
      .catch(notLoaded)
  },
})

if (isFirst) {
  watchServers((server) => {
    if (own.has(server)) return
    if (!found && isHttp(server)) void load().then(() => found?.(server))
    else found?.(server)
  })
  // A signal to the whole group must not end a worker that has no server yet before the primary's app gets the signal.
  if (drains() && isWorker()) void load()
  // Worker threads and the workers of a cluster may have the servers, and this process gets the signals.
  subscribe('worker_threads', (message) => {
    if (!drains()) return
    tellOfEnd(message)
    void load()
  })
  subscribe('child_process', () => {
    if (drains()) process.nextTick(() => hasWorkers() && load())
  })
}

// Requests go out before there is a server, and in programs that have none.
if (isFirst && !isOff() && process.env.KEEPALIVE_KIT_OUTGOING?.trim().toLowerCase() === 'true')
  void import('./outgoing/process-wide.ts').then(({ startOutgoing }) => startOutgoing()).catch(notLoaded)

/** The kit is not even loaded then. */
function isOff(): boolean {
  return process.env.KEEPALIVE_KIT?.trim().toLowerCase() === 'off'
}

function drains(): boolean {
  return !isOff() && Boolean(process.env.KEEPALIVE_KIT_DRAIN?.trim())
}

async function load(): Promise<void> {
  if (isOff()) return
  try {
    const { attachPreloaded } = await import('./process/process-kit.ts')
    attachPreloaded()
  } catch (error) {
    // Once: a module that fails to load is not loaded again.
    found ??= () => {}
    notLoaded(error)
  }
}

function notLoaded(error: unknown): void {
  print('keepalive-kit: cannot be loaded:', error)
}
