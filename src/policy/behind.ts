import { KeepAliveError } from '../errors.ts'
import { type FrontId, fronts, type Layer } from './fronts.ts'
import type { NumberRange } from './options.ts'
import { checkNumber, readFields, readList, type Shape } from './read.ts'
import { namesSharingWords, nearNames } from './spelling.ts'
import { type UnnumberedFrontId, unnumberedFronts } from './unnumbered-fronts.ts'

/** One front of the policy. */
export interface ResolvedFront {
  readonly id: FrontId
  readonly name: string
  readonly layer: Layer
  /** ms; `null` where it is not known and does not matter, as a nearer front decides. */
  readonly idleTimeout: number | null
  /** Whether the idle timeout was given with the options. */
  readonly overridden: boolean
  /** The front's own name for its idle timeout; `null` where it cannot be set. */
  readonly setting: string | null
}

/** A front whose idle timeout bounds our own. */
export type BoundingFront = ResolvedFront & { readonly idleTimeout: number }

/** The fronts, and the two among them that matter to the timeouts. */
export interface Chain {
  readonly fronts: readonly ResolvedFront[]
  /**
   * The nearest layer-7 front: it keeps our connections to reuse them, so it must be the first to close one.
   * The fronts beyond have connections to it, none to us.
   */
  readonly pool: BoundingFront | undefined
  /**
   * The layer-4 front on the way to it that forgets an idle connection soonest, often without a word to either
   * end, so we must be the first to close one.
   */
  readonly flow: BoundingFront | undefined
}

const longestChain = 16

/** Less than 1,000 was meant in seconds. The maximum leaves room for a margin within setTimeout's limit. */
const idleTimeoutRange: NumberRange = { kind: 'time', min: 1_000, max: 2_000_000_000 }
const exampleIdleTimeout = 60_000

/** Resolves the option `behind`, checking each entry. */
export function resolveBehind(given: unknown): Chain {
  const resolved: ResolvedFront[] = []
  let flow: BoundingFront | undefined
  for (const [option, entry] of readEntries(given)) {
    const isBeyond = poolOf(resolved) !== undefined
    const front = resolveEntry(option, entry)
    resolved.push(front)
    if (isBeyond) continue
    const bounding = requireIdleTimeout(option, front)
    if (front.layer === 4 && bounding.idleTimeout < (flow?.idleTimeout ?? Number.POSITIVE_INFINITY))
      flow = bounding
  }
  return { fronts: Object.freeze(resolved), pool: poolOf(resolved), flow }
}

/** The pool of a chain's fronts, as resolved: only those beyond it may be without an idle timeout. */
export function poolOf(resolved: readonly ResolvedFront[]): BoundingFront | undefined {
  return resolved.find((front): front is BoundingFront => front.layer === 7)
}

/** The entries and what messages call each. */
function readEntries(given: unknown): [option: string, entry: unknown][] {
  if (given === undefined) return []
  const list = readList('behind', given, longestChain + 1)
  if (list === undefined) return [['behind', given]]
  if (list.length > longestChain) {
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_RANGE', {
      option: 'behind',
      rule: `must be a list of at most ${longestChain} fronts`,
      value: given,
      remedy: 'List the fronts up to the nearest layer-7 one: those beyond it change nothing here',
    })
  }
  return list.map((entry, i) => [`behind[${i}]`, entry])
}

function resolveEntry(option: string, entry: unknown): ResolvedFront {
  if (typeof entry === 'string') return findFront(option, entry)
  const fields = readFields(entry, entryShape(option))
  const id = fields.get('front')
  if (typeof id !== 'string') {
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
      option: `${option}.front`,
      rule: "must be a front's id",
      value: id,
      remedy: `Name the front, as in { front: 'aws-alb', idleTimeout: ${exampleIdleTimeout} }`,
    })
  }
  const front = findFront(`${option}.front`, id)
  const given = fields.get('idleTimeout')
  const idleTimeout = checkNumber(`${option}.idleTimeout`, given, idleTimeoutRange, exampleIdleTimeout)
  return Object.freeze({ ...front, idleTimeout, overridden: true })
}

function entryShape(option: string): Shape {
  return {
    name: option,
    prefix: `${option}.`,
    fields: ['front', 'idleTimeout'],
    rule: "must be a front's id or { front, idleTimeout }",
    remedy: `Name the front, as in 'aws-alb' or { front: 'aws-alb', idleTimeout: ${exampleIdleTimeout} }`,
    unknown: () => 'A front is given as { front, idleTimeout }, with nothing else',
  }
}

function findFront(option: string, id: string): ResolvedFront {
  if (isIdIn(fronts, id)) {
    const { name, layer, idleTimeout, setting } = fronts[id]
    return Object.freeze({ id, name, layer, idleTimeout, overridden: false, setting })
  }
  if (isIdIn(unnumberedFronts, id)) {
    const { name, setting } = unnumberedFronts[id]
    return Object.freeze({ id, name, layer: 7, idleTimeout: null, overridden: false, setting })
  }
  const ids = [...Object.keys(fronts), ...Object.keys(unnumberedFronts)].sort()
  const near = [nearNames(id, ids), namesSharingWords(id, ids)].find((names) => names.length > 0)
  throw new KeepAliveError('ERR_KEEPALIVE_UNKNOWN_FRONT', {
    option,
    rule: 'must be the id of a front in the table',
    value: id,
    remedy:
      near === undefined
        ? 'Choose one from the list on the page below, or set keepAliveTimeout above the idle timeout of yours'
        : `Perhaps ${near
            .slice(0, 3)
            .map((name) => `'${name}'`)
            .join(' or ')} is meant`,
  })
}

/** Own keys only: `constructor` is no front. */
function isIdIn<Id extends string>(table: Readonly<Record<Id, unknown>>, id: string): id is Id {
  return Object.hasOwn(table, id)
}

function requireIdleTimeout(option: string, front: ResolvedFront): BoundingFront {
  const { id, idleTimeout, setting } = front
  if (idleTimeout !== null) return { ...front, idleTimeout }
  // Without a number, the front is in the table of those.
  const { why, reuses, configuration } = unnumberedFronts[id as UnnumberedFrontId]
  const number =
    setting === null ? 'the longest time that it keeps an idle connection' : `the value of ${setting}`
  const pass = `pass { front: '${id}', idleTimeout: … } with ${number}, in ms`
  throw new KeepAliveError('ERR_KEEPALIVE_FRONT_TIMEOUT', {
    option,
    rule: `needs an idle timeout, as none is known for this front: ${why}`,
    value: id,
    remedy: reuses
      ? remedyFor(pass, setting, configuration)
      : `Leave the front out; if yours does reuse connections, ${pass}`,
  })
}

/** What to do about a front without a number, on the front's side first where something can be done there. */
function remedyFor(pass: string, setting: string | null, configuration: string | null): string {
  if (configuration === null) {
    return `If you know it, ${pass}; if not, leave the front out and set keepAliveTimeout by hand`
  }
  if (setting !== null) return `Set it there, as in ${configuration}, and ${pass}`
  return `Leave the front out, set keepAliveTimeout by hand, and let the front try again what a close has lost, with ${configuration}; or, if you know better, ${pass}`
}
