import { subscribe } from 'node:diagnostics_channel'
import { hasWorkers, isWorker } from './process/cluster.ts'
import { notePreload } from './process/preload.ts'
import { print } from './process/say.ts'
import { isHttp, watchServers } from './process/servers.ts'
import { tellOfEnd } from './process/threads.ts'

// Preloaded by --import, --require or NODE_OPTIONS. It exports nothing, and an error here must not make the app fail.
//
// NODE_OPTIONS also preloads it into npm and every tool. So the kit itself is loaded only when there is a server: that costs
// 30 ms of CPU. Here `import()` is `require()` in a microtask, so it is done before the event loop accepts a connection.

/** The servers of the page and of the metrics. They are not the app's. */
const own = new WeakSet<object>()

/** What the kit does with a server; `undefined` before there is a kit. */
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
  // A worker without a server also holds a signal to the whole group, or it would end before the primary's app gets it.
  if (drains() && isWorker()) void load()
  // The worker threads and cluster workers may have servers, while this process gets the signals.
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
  void import('./outgoing/start.ts').then(({ startOutgoing }) => startOutgoing()).catch(notLoaded)

/** If it is off, the kit is not even loaded. */
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
    // Only once: a module that fails to load is not loaded again.
    found ??= () => {}
    notLoaded(error)
  }
}

function notLoaded(error: unknown): void {
  print('keepalive-kit: failed to load:', error)
}
