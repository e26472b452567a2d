/** Node's module, loaded only when needed. */
export const cluster = (): typeof import('node:cluster').default =>
  process.getBuiltinModule('node:cluster') as unknown as typeof import('node:cluster').default

/** Whether this process is a cluster worker. Other processes do not load the module: only a worker has an IPC channel. */
export const isWorker = (): boolean => process.send !== undefined && cluster().isWorker

/** Whether this process is the primary of a cluster. */
export const hasWorkers = (): boolean =>
  cluster().isPrimary && Object.values(cluster().workers ?? {}).length > 0
