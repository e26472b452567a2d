import type { IncomingMessage } from 'node:http'
import { KeepAliveError } from '../errors.ts'
import { checkNumber, readFields } from '../policy/read.ts'
import { isLocal } from './access.ts'

/** The options of `dashboard()`. */
export interface DashboardOptions {
  /**
   * Whether a request gets in. If it throws, the request fails with the error, and the client is not let in.
   *
   * @default loopback addresses alone, by the socket and not by a header; nothing that came through a proxy, no host
   * name but `localhost`, and no request from another web site; no client at all where `behind` has a layer-7 proxy
   */
  readonly authorize?: ((req: IncomingMessage) => boolean | Promise<boolean>) | undefined
  /**
   * Live streams at once. 1 to 1,000; who comes after that is told so.
   *
   * @default 20
   */
  readonly viewers?: number | undefined
  /**
   * Where the page is, such as `/keepalive`, where no router has taken that off the URL: with `node:http` and Koa.
   * Requests for elsewhere are passed on.
   *
   * @default whatever comes is for the page
   */
  readonly path?: string | undefined
}

/** The options, complete. */
export interface DashboardSetup {
  readonly authorize: (req: IncomingMessage) => boolean | Promise<boolean>
  readonly viewers: number
  /** The answer to a request that `authorize` refuses. */
  readonly refusal: string
  /** Without a slash at its end; `undefined`: whatever comes is for the page. */
  readonly path: string | undefined
}

const names = ['authorize', 'viewers', 'path'] as const
const viewersRange = { kind: 'count', min: 1, max: 1_000 } as const

/**
 * @param proxied - whether a proxy is in front.
 * @throws KeepAliveError `ERR_KEEPALIVE_OPTION_TYPE`, `ERR_KEEPALIVE_OPTION_RANGE`, `ERR_KEEPALIVE_UNKNOWN_OPTION`.
 */
export function resolveDashboardOptions(options: DashboardOptions = {}, proxied = false): DashboardSetup {
  const given = readFields(options, {
    name: 'options',
    prefix: '',
    fields: names,
    rule: 'must be a plain object or left out',
    remedy: 'Pass an object, as in dashboard(connections, { viewers: 5 })',
    unknown: () => `The options are ${names.join(', ')}`,
  })
  const viewers = given.get('viewers')
  const authorize = resolveAuthorize(given.get('authorize'), proxied)
  return {
    authorize,
    refusal: refusalBy(authorize),
    viewers: viewers === undefined ? 20 : checkNumber('viewers', viewers, viewersRange, 20),
    path: resolvePath(given.get('path')),
  }
}

function resolveAuthorize(value: unknown, proxied: boolean): DashboardSetup['authorize'] {
  // A proxy on this machine makes everybody look local.
  if (value === undefined) return proxied ? noClient : isLocal
  if (typeof value === 'function') return value as DashboardSetup['authorize']
  throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    option: 'authorize',
    rule: 'must be a function of the request',
    value,
    remedy: "Pass a function, such as (req) => req.headers['x-token'] === token",
  })
}

const noClient = (): boolean => false

/** Names the cause: the app's own function, the default, or the missing function behind a proxy. */
function refusalBy(authorize: DashboardSetup['authorize']): string {
  if (authorize === isLocal)
    return '403: this page is limited to localhost. Open it as http://localhost, not through a proxy or from another site. Pass authorize to allow other clients.'
  if (authorize === noClient)
    return '403: the server is behind a proxy, so this page needs authorize: every client has the address of the proxy. Pass authorize to allow clients.'
  return "403: the app's authorize() refused this request."
}

function resolvePath(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^(?:\/[\w.~-]+)+\/?$/.test(value)) return value.replace(/\/$/, '')
  const code = typeof value === 'string' ? 'ERR_KEEPALIVE_OPTION_RANGE' : 'ERR_KEEPALIVE_OPTION_TYPE'
  throw new KeepAliveError(code, {
    option: 'path',
    rule: 'must be a path of plain segments that begins with a slash',
    value,
    remedy: "Pass a path, such as '/keepalive'",
  })
}
