import { render } from '../../errors.ts'
import { duration } from '../../words.ts'
import type { Check } from '../check.ts'
import type { ServerExam, ServerProperty } from '../exam.ts'
import type { OneServer } from './one-server.ts'

/** What Node does with a value that is no number, as tried on 20, 22, 24 and 26. */
const consequences: Readonly<Record<ServerProperty, { readonly nan: string; readonly other: string }>> = {
  keepAliveTimeout: {
    nan: 'no idle connection is closed by its timeout any more',
    other:
      'Node 20 throws at the end of the next response, later versions close no idle connection by its timeout any more',
  },
  keepAliveTimeoutBuffer: { nan: 'Node takes 1 s instead', other: 'Node takes 1 s instead' },
  headersTimeout: {
    nan: 'Node does not keep it',
    other:
      'Node 20 and 22 abort the process when they next look for overdue requests, later versions do not keep it',
  },
  requestTimeout: {
    nan: 'Node does not keep it',
    other:
      'Node 20 and 22 abort the process when they next look for overdue requests, later versions do not keep it',
  },
  timeout: { nan: 'Node takes it for 0, which is off', other: 'Node throws at the next connection' },
  connectionsCheckingInterval: { nan: 'Node takes 1 ms instead', other: 'Node reads it as it can' },
  maxRequestsPerSocket: { nan: 'there is no cap', other: 'Node reads it as it can' },
}

const notANumber: Check<OneServer> = {
  code: 'KEEPALIVE_TIMEOUT_NOT_A_NUMBER',
  severity: 'error',
  looksAt: "the types of the server's timeouts",
  remedy:
    'Set numbers: what comes from the environment is a string, so convert it with Number(process.env.X ?? 65000)',
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
    return { message: `${server.name} has a timeout that is no number. ${parts.join('; ')}.`, evidence }
  },
}

const onApp: Check<OneServer> = {
  code: 'KEEPALIVE_TIMEOUT_ON_APP',
  severity: 'error',
  looksAt:
    "the app's own properties: Express's where it is the server's listener, Koa's and Fastify's by their adapters",
  remedy: 'Set it as an option of keepAlive(), or on the server that app.listen() returns',
  look({ server }) {
    const names = Object.keys(server.onApps) as (keyof typeof server.onApps)[]
    if (names.length === 0) return undefined
    const parts = names.map(
      (name) =>
        `${name} is ${render(server.onApps[name])} there and ${render(server.properties[name])} on the server`,
    )
    return {
      message: `A timeout was set on the app, where it does nothing: ${parts.join('; ')}.`,
      evidence: Object.fromEntries(names.map((name) => [name, plain(server.onApps[name])])),
    }
  },
}

/** `requestTimeout` is only ever raised by the kit: somebody's own value is as good. */
const kept: readonly ServerProperty[] = ['keepAliveTimeout', 'keepAliveTimeoutBuffer', 'headersTimeout']

const changed: Check<OneServer> = {
  code: 'KEEPALIVE_TIMEOUT_CHANGED',
  severity: 'error',
  looksAt: 'the timeouts that attach() set, as they are now',
  remedy: 'Pass the value as an option of keepAlive(), and find who sets it on the server',
  look({ server }) {
    const names = kept.filter((name) => {
      const now = server.properties[name]
      return isNumber(now) && server.set[name] !== undefined && now !== server.set[name]
    })
    if (names.length === 0) return undefined
    const parts = names.map(
      (name) => `${name} is ${server.properties[name]} and was set to ${server.set[name]}`,
    )
    return {
      message: `Somebody has changed timeouts of ${lower(server)} since the kit was attached: ${parts.join('; ')}. The policy is not in force.`,
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
      message: `${server.name} has a headersTimeout (${headersTimeout}) above its requestTimeout (${requestTimeout}), and Node silently swaps the two: headers have ${duration(requestTimeout)} to arrive, whole requests ${duration(headersTimeout)}.`,
      evidence: { headersTimeout, requestTimeout },
    }
  },
}

const checkingInterval: Check<OneServer> = {
  code: 'KEEPALIVE_CHECKING_INTERVAL_IGNORED',
  severity: 'warning',
  looksAt: 'connectionsCheckingInterval against the interval in use since the server listens',
  remedy: 'Pass connectionsCheckingInterval to createServer(), or set it before listen()',
  look({ server }) {
    const { connectionsCheckingInterval: wanted } = server.properties
    const { checkingInterval: inUse } = server
    if (!isNumber(wanted) || inUse === undefined || wanted === inUse) return undefined
    return {
      message: `${server.name} has a connectionsCheckingInterval of ${wanted} that Node ignores: it read ${inUse} when the server began to listen, so a request may be overdue by ${duration(inUse)} before it is closed.`,
      evidence: { connectionsCheckingInterval: wanted, inUse },
    }
  },
}

/** Checks of the values of the server's timeouts, whoever set them. */
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

function lower({ name }: ServerExam): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}
