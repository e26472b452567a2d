import { render } from '../../errors.ts'
import { duration } from '../../words.ts'
import type { Check } from '../check.ts'
import type { ServerProperty } from '../exam.ts'
import type { OneServer } from './one-server.ts'

/** What Node does with a value that is not a number, as tried on Node 20, 22, 24 and 26. */
const consequences: Readonly<Record<ServerProperty, { readonly nan: string; readonly other: string }>> = {
  keepAliveTimeout: {
    nan: 'Node does not close idle connections by timeout any more',
    other:
      'Node 20 throws at the end of the next response; later versions do not close idle connections by timeout any more',
  },
  keepAliveTimeoutBuffer: { nan: 'Node uses 1 s instead', other: 'Node uses 1 s instead' },
  headersTimeout: {
    nan: 'Node does not enforce it',
    other:
      'Node 20 and 22 abort the process at the next check for overdue requests; later versions do not enforce it',
  },
  requestTimeout: {
    nan: 'Node does not enforce it',
    other:
      'Node 20 and 22 abort the process at the next check for overdue requests; later versions do not enforce it',
  },
  timeout: { nan: 'Node uses 0, which means off', other: 'Node throws at the next connection' },
  connectionsCheckingInterval: { nan: 'Node uses 1 ms instead', other: 'Node converts it to a number' },
  maxRequestsPerSocket: { nan: 'there is no cap', other: 'Node converts it to a number' },
}

const notANumber: Check<OneServer> = {
  code: 'KEEPALIVE_TIMEOUT_NOT_A_NUMBER',
  severity: 'error',
  looksAt: "the types of the server's timeouts",
  remedy: 'Set numbers. Environment variables are strings: convert them with Number(process.env.X ?? 65000)',
  look({ server }) {
    const wrong = Object.entries(server.properties).filter(([, value]) => !isNumber(value)) as [
      ServerProperty,
      unknown,
    ][]
    if (wrong.length === 0) return undefined
    const parts = wrong.map(([name, value]) => {
      const { nan, other } = consequences[name]
      return `${name} is ${render(value)}: ${Number.isNaN(value) ? nan : other}`
    })
    const evidence = Object.fromEntries(wrong.map(([name, value]) => [name, render(value)]))
    return { message: `${server.name} has a timeout that is not a number. ${parts.join('; ')}.`, evidence }
  },
}

const onApp: Check<OneServer> = {
  code: 'KEEPALIVE_TIMEOUT_ON_APP',
  severity: 'error',
  looksAt:
    "the app's own properties: for Express if the app is the server's listener, for Koa and Fastify through their adapters",
  remedy: 'Pass it as an option of keepAlive(), or set it on the server that app.listen() returns',
  look({ server }) {
    const names = Object.keys(server.onApps) as (keyof typeof server.onApps)[]
    if (names.length === 0) return undefined
    const parts = names.map(
      (name) =>
        `${name} is ${render(server.onApps[name])} on the app and ${render(server.properties[name])} on the server`,
    )
    return {
      message: `A timeout was set on the app, where it has no effect: ${parts.join('; ')}.`,
      evidence: Object.fromEntries(names.map((name) => [name, plain(server.onApps[name])])),
    }
  },
}

/** Not `requestTimeout`: the kit only raises it, and a value of the app is just as good. */
const kept: readonly ServerProperty[] = ['keepAliveTimeout', 'keepAliveTimeoutBuffer', 'headersTimeout']

const changed: Check<OneServer> = {
  code: 'KEEPALIVE_TIMEOUT_CHANGED',
  severity: 'error',
  looksAt: 'whether the timeouts are still those that attach() set',
  remedy:
    'Find the code that sets the timeout on the server, and pass the value as an option of keepAlive() instead',
  look({ server }) {
    const names = kept.filter((name) => {
      const now = server.properties[name]
      return isNumber(now) && server.set[name] !== undefined && now !== server.set[name]
    })
    if (names.length === 0) return undefined
    const parts = names.map(
      (name) => `${name} is ${server.properties[name]}, the kit set ${server.set[name]}`,
    )
    return {
      message: `${server.name} has timeouts that were changed after attach(): ${parts.join('; ')}. The policy is not in force.`,
      evidence: Object.fromEntries(
        names.flatMap((name) => [
          [name, server.properties[name] as number],
          [`${name}Set`, server.set[name] as number],
        ]),
      ),
    }
  },
}

const swapped: Check<OneServer> = {
  code: 'KEEPALIVE_TIMEOUTS_SWAPPED',
  severity: 'error',
  looksAt: 'whether headersTimeout is above requestTimeout',
  remedy: 'Set requestTimeout to headersTimeout or more, or to 0 for none',
  look({ server }) {
    const { headersTimeout, requestTimeout } = server.properties
    if (!isNumber(headersTimeout) || !isNumber(requestTimeout)) return undefined
    if (requestTimeout <= 0 || headersTimeout <= requestTimeout) return undefined
    return {
      message: `${server.name} has a headersTimeout (${headersTimeout}) above its requestTimeout (${requestTimeout}). Node silently swaps the two: headers get ${duration(requestTimeout)} to arrive, and whole requests get ${duration(headersTimeout)}.`,
      evidence: { headersTimeout, requestTimeout },
    }
  },
}

const checkingInterval: Check<OneServer> = {
  code: 'KEEPALIVE_CHECKING_INTERVAL_IGNORED',
  severity: 'warning',
  looksAt: 'connectionsCheckingInterval, and the interval that Node has used since listen()',
  remedy: 'Pass connectionsCheckingInterval to createServer(), or set it before listen()',
  look({ server }) {
    const { connectionsCheckingInterval: wanted } = server.properties
    const { checkingInterval: inUse } = server
    if (!isNumber(wanted) || inUse === undefined || wanted === inUse) return undefined
    return {
      message: `${server.name} has connectionsCheckingInterval set to ${wanted}, which Node ignores: it read ${inUse} when the server began to listen. A request may be overdue by ${duration(inUse)} before Node closes it.`,
      evidence: { connectionsCheckingInterval: wanted, inUse },
    }
  },
}

/** Checks the values of the server's timeouts, whether the kit or the app set them. */
export const valueChecks: readonly Check<OneServer>[] = [
  notANumber,
  onApp,
  changed,
  swapped,
  checkingInterval,
]

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(value)
}

function plain(value: unknown): number | string {
  return isNumber(value) ? value : render(value)
}
