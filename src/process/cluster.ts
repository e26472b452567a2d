/** Node's module, not loaded before it is needed. */
export const cluster = (): typeof import('node:cluster').default =>
  process.getBuiltinModule('node:cluster') as unknown as typeof import('node:cluster').default

/** Whether this process is a worker of a cluster. Other processes do not load the module: a worker has a channel. */
export const isWorker = (): boolean => process.send !== undefined && cluster().isWorker

/** Whether this process is the primary of a cluster. */
export const hasWorkers = (): boolean =>
  cluster().isPrimary && Object.values(cluster().workers ?? {}).length > 0
