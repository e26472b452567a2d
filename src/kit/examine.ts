import type { Server } from 'node:http'
import { recordOf } from '../connection/registry.ts'
import { misplacedProperties, type ServerExam, serverProperties } from '../doctor/exam.ts'
import { checkingIntervalOf, openSessions } from '../node/internals.ts'
import { isHttp2, speaksHttp1 } from '../node/server-kind.ts'
import { appsBehind } from './apps.ts'

/**
 * Gathers all that the doctor looks at of a server.
 *
 * @param set - what `attach()` set, by property.
 */
export function examine(server: Server, set: ServerExam['set']): ServerExam {
  return {
    name: nameOf(server),
    properties: read(server, serverProperties, (name) => name in server),
    set,
    checkingInterval: checkingIntervalOf(server),
    timeoutListeners: server.listenerCount('timeout'),
    http2: isHttp2(server)
      ? {
          http1: speaksHttp1(server),
          unfollowed: openSessions(server).filter((session) => recordOf(session) === undefined).length,
        }
      : undefined,
    nodeVersion: process.versions.node,
    onApps: Object.assign(
      {},
      ...Array.from(appsBehind(server), (app) =>
        read(app, misplacedProperties, (name) => Object.hasOwn(app, name)),
      ),
    ) as ServerExam['onApps'],
  }
}

/** What messages call a server. */
export function nameOf(server: Server): string {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return port === undefined ? 'The server' : `The server on port ${port}`
}

function read<Name extends string>(
  from: object,
  names: readonly Name[],
  has: (name: Name) => boolean,
): Partial<Record<Name, unknown>> {
  const values: Partial<Record<Name, unknown>> = {}
  for (const name of names) if (has(name)) values[name] = (from as Record<Name, unknown>)[name]
  return values
}
