import { KeepAliveError } from '../errors.ts'
import type { NumberRange } from './options.ts'
import { otherNames } from './other-names.ts'
import { type Layer, type ProxyId, proxies } from './proxies.ts'
import { proxyIn } from './proxy-text.ts'
import { checkNumber, readFields, readList, type Shape } from './read.ts'
import { namesSharingWords, nearNames, plain } from './spelling.ts'
import { type UnnumberedProxyId, unnumberedProxies } from './unnumbered-proxies.ts'

/** One proxy of the policy. */
export interface ResolvedProxy {
  readonly id: ProxyId
  readonly name: string
  readonly layer: Layer
  /** In ms; `null` if unknown. It then does not matter, because a nearer proxy decides. */
  readonly idleTimeout: number | null
  /** Whether the idle timeout was given with the options. */
  readonly overridden: boolean
  /** The name of the idle timeout in the proxy's configuration; `null` if it cannot be set. */
  readonly setting: string | null
}

/** A proxy whose idle timeout limits our own. */
export type BoundingProxy = ResolvedProxy & { readonly idleTimeout: number }

/** The proxies, and the two of them that decide the timeouts. */
export interface Chain {
  readonly proxies: readonly ResolvedProxy[]
  /**
   * The nearest layer-7 proxy. It keeps our connections to reuse them, so it must close them first. The proxies beyond it
   * have no connections to us.
   */
  readonly pool: BoundingProxy | undefined
  /**
   * The layer-4 proxy in front of it with the shortest idle timeout. It forgets an idle connection, often without telling
   * either end, so we must close first.
   */
  readonly flow: BoundingProxy | undefined
}

const maxChain = 16

/** A value below 1,000 was meant in seconds. The maximum leaves room for a margin within setTimeout's limit. */
const idleTimeoutRange: NumberRange = { kind: 'time', min: 1_000, max: 2_000_000_000 }
const exampleIdleTimeout = 60_000

/** Resolves the option `behind` and checks each entry. */
export function resolveBehind(given: unknown): Chain {
  const resolved: ResolvedProxy[] = []
  let flow: BoundingProxy | undefined
  for (const [option, entry] of readEntries(given)) {
    const isBeyond = poolOf(resolved) !== undefined
    const proxy = resolveEntry(option, entry)
    resolved.push(proxy)
    if (isBeyond) continue
    const bounding = requireIdleTimeout(option, proxy)
    if (proxy.layer === 4 && bounding.idleTimeout < (flow?.idleTimeout ?? Number.POSITIVE_INFINITY))
      flow = bounding
  }
  return { proxies: Object.freeze(resolved), pool: poolOf(resolved), flow }
}

/** The nearest layer-7 proxy of a resolved chain. Only proxies beyond it may have no idle timeout. */
export function poolOf(resolved: readonly ResolvedProxy[]): BoundingProxy | undefined {
  return resolved.find((proxy): proxy is BoundingProxy => proxy.layer === 7)
}

/** The entries, and how messages call each. */
function readEntries(given: unknown): [option: string, entry: unknown][] {
  if (given === undefined) return []
  const list = readList('behind', given, maxChain + 1)
  if (list === undefined) return [['behind', given]]
  if (list.length > maxChain) {
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_RANGE', {
      option: 'behind',
      rule: `must be a list of at most ${maxChain} proxies`,
      value: given,
      remedy: 'List the proxies up to the nearest layer-7 proxy: those beyond it have no effect',
    })
  }
  return list.map((entry, i) => [`behind[${i}]`, entry])
}

function resolveEntry(option: string, entry: unknown): ResolvedProxy {
  if (typeof entry === 'string') return findProxy(option, entry)
  const fields = readFields(entry, entryShape(option))
  const id = fields.get('proxy')
  if (typeof id !== 'string') {
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
      option: `${option}.proxy`,
      rule: "must be a proxy's id",
      value: id,
      remedy: `Name the proxy, as in { proxy: 'aws-alb', idleTimeout: ${exampleIdleTimeout} }`,
    })
  }
  const proxy = findProxy(`${option}.proxy`, id)
  const given = fields.get('idleTimeout')
  const idleTimeout = checkNumber(`${option}.idleTimeout`, given, idleTimeoutRange, exampleIdleTimeout)
  return Object.freeze({ ...proxy, idleTimeout, overridden: true })
}

function entryShape(option: string): Shape {
  return {
    name: option,
    prefix: `${option}.`,
    fields: ['proxy', 'idleTimeout'],
    rule: "must be a proxy's id or { proxy, idleTimeout }",
    remedy: `Name the proxy, as in 'aws-alb' or { proxy: 'aws-alb', idleTimeout: ${exampleIdleTimeout} }`,
    unknown: () => 'A proxy has only { proxy, idleTimeout }',
  }
}

function findProxy(option: string, id: string): ResolvedProxy {
  if (isIdIn(proxies, id)) {
    const { name, layer, idleTimeout, setting } = proxies[id]
    return Object.freeze({ id, name, layer, idleTimeout, overridden: false, setting })
  }
  if (isIdIn(unnumberedProxies, id)) {
    const { name, setting } = unnumberedProxies[id]
    return Object.freeze({ id, name, layer: 7, idleTimeout: null, overridden: false, setting })
  }
  const text = remedyForText(id)
  const ids = [...Object.keys(proxies), ...Object.keys(unnumberedProxies)].sort()
  const known = plain(id)
  const others = Object.hasOwn(otherNames, known) ? otherNames[known]! : []
  const near = [others, nearNames(id, ids), namesSharingWords(id, ids)].find((names) => names.length > 0)
  throw new KeepAliveError('ERR_KEEPALIVE_UNKNOWN_PROXY', {
    option,
    rule: 'must be the id of a proxy in the table',
    value: id,
    remedy:
      text ??
      (near === undefined
        ? 'Choose one from the list on the page below, or set keepAliveTimeout above the idle timeout of your proxy'
        : `Did you mean ${near
            .slice(0, 3)
            .map((name) => `'${name}'`)
            .join(' or ')}?`),
  })
}

/** For a text that the command line or the environment would take: a list with commas, or an id with a time. */
function remedyForText(text: string): string | undefined {
  const entries = text
    .slice(0, 200)
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => (isKnown(entry) ? `'${entry}'` : timed(entry)))
  if (entries.length === 0 || entries.includes(undefined)) return undefined
  return entries.length > 1
    ? `Pass a list, nearest first: [${entries.slice(0, maxChain).join(', ')}]`
    : `Pass ${entries[0]}`
}

/** `nginx:90s` as an entry of `behind`. */
function timed(entry: string): string | undefined {
  const proxy = proxyIn(entry)
  if (typeof proxy !== 'object' || !isKnown(proxy.proxy)) return undefined
  return `{ proxy: '${proxy.proxy}', idleTimeout: ${proxy.idleTimeout} }`
}

function isKnown(id: string): boolean {
  return isIdIn(proxies, id) || isIdIn(unnumberedProxies, id)
}

/** Own keys only: `constructor` is not a proxy. */
function isIdIn<Id extends string>(table: Readonly<Record<Id, unknown>>, id: string): id is Id {
  return Object.hasOwn(table, id)
}

function requireIdleTimeout(option: string, proxy: ResolvedProxy): BoundingProxy {
  const { id, idleTimeout, setting } = proxy
  if (idleTimeout !== null) return { ...proxy, idleTimeout }
  // A proxy without a number is in the other table.
  const { why, reuses, configuration } = unnumberedProxies[id as UnnumberedProxyId]
  const number =
    setting === null ? 'the longest time that it keeps an idle connection' : `the value of ${setting}`
  const pass = `pass { proxy: '${id}', idleTimeout: … } with ${number}, in ms`
  throw new KeepAliveError('ERR_KEEPALIVE_PROXY_TIMEOUT', {
    option,
    rule: `needs an idle timeout, because none is known for this proxy: ${why}`,
    value: id,
    remedy: reuses
      ? remedyFor(pass, setting, configuration)
      : `Leave the proxy out; if your proxy does reuse connections, ${pass}`,
  })
}

/** What to do about a proxy without a number: change the proxy's configuration first, if that helps. */
function remedyFor(pass: string, setting: string | null, configuration: string | null): string {
  if (configuration === null) {
    return `If you know the number, ${pass}; otherwise leave the proxy out and set keepAliveTimeout yourself`
  }
  if (setting !== null) return `Set it in the proxy, as in ${configuration}, and ${pass}`
  return `Leave the proxy out, set keepAliveTimeout yourself, and let the proxy retry lost requests with ${configuration}; or, if you know the number, ${pass}`
}
