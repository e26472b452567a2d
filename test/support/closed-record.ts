import type { LoggedFailure } from '../../src/explain/failure.ts'
import type { ConnectionRecord } from '../../src/explain/records.ts'

/** A Saturday in November, in Unix ms. */
export const start: number = Date.UTC(2026, 10, 28, 12)

/** A record of a connection that was closed while idle, with a request on its way. */
export const recordOf = (change: Partial<ConnectionRecord> = {}): ConnectionRecord => ({
  id: 1,
  requests: 3,
  age: 8_000,
  idleAtClose: 5_000,
  closedBy: 'server',
  reason: 'idle-timeout',
  late: 1,
  remoteAddress: '10.0.0.1',
  remotePort: 40_000,
  closedAt: start,
  target: '10.0.0.5:3000',
  appClose: undefined,
  process: ' 100',
  ...change,
})

/** A failure that the record of {@link recordOf} explains. */
export const failureOf = (change: Partial<LoggedFailure> = {}): LoggedFailure => {
  const time = change.time ?? start
  return {
    time,
    until: time + 1,
    status: 502,
    request: 'POST /a',
    symptom: 'closed',
    port: 40_000,
    target: '10.0.0.5:3000',
    ...change,
  }
}

/** A record as a line of `log: 'json'`. */
export function lineOf({ target, process, ...record }: ConnectionRecord): string {
  const colon = target.lastIndexOf(':')
  const local = { localAddress: target.slice(0, colon), localPort: Number(target.slice(colon + 1)) }
  return JSON.stringify({ ...record, ...local, pid: Number(process) })
}
