import { parseArgs } from 'node:util'
import { quote } from '../../errors.ts'
import type { FrontOverride } from '../../policy/options.ts'
import { type Policy, resolvePolicy } from '../../policy/policy.ts'
import { type Expectation, expectable, parseExpectation } from '../../probe/expectations.ts'
import { otherRequests } from '../../probe/probe.ts'

/** What the command line asks for. */
export interface ProbeArguments {
  readonly url: string
  /** In ms. */
  readonly maxWait: number
  readonly maxRequests: number
  readonly method: 'GET' | 'HEAD'
  readonly insecure: boolean
  readonly yes: boolean
  readonly json: boolean
  readonly timeline: boolean
  /** What the kit would do behind the fronts given. */
  readonly policy: Policy | undefined
  readonly expectations: readonly Expectation[]
}

const defaultWait = 120_000
const longestWait = 6 * 60 * 60_000
const defaultRequests = 200
const leastRequests = 2 * otherRequests
const mostRequests = 10_000

export const probeHelp: string = `Measures the keep-alive behaviour of an HTTP/1.1 server or balancer from outside, as a client

Usage: keepalive-kit probe <url> [options]

  --max-wait <time>      the longest that a step waits, such as 90s or 5m (${defaultWait / 1_000}s)
  --max-requests <n>     requests sent in all at most, ${leastRequests} to ${mostRequests} (${defaultRequests})
  --behind <front>       judge for a front: its id, or id:time for another idle timeout than its
                         default; several times for a chain, nearest first
  --expect <condition>   exit with 1 unless it is met, such as 'idle>60s'; several times for several;
                         of ${expectable.join(', ')}
  --method <GET|HEAD>    (GET)
  --insecure             measure although the certificate is not trusted
  --json                 the report as JSON
  --timeline             tell the life of each connection, event by event
  --yes                  do not ask before sending to a public address
  --help                 this text

Exit codes: 0 measured; 1 an expectation or the front's rule is not met; 2 not measured;
130 interrupted. Ctrl-C prints what is known so far.`

/** A mistake on the command line, in a line. */
export class UsageError extends Error {}

/**
 * Reads the command line; `undefined` if it asks for help.
 *
 * @throws UsageError, and KeepAliveError for a front that `behind` does not take.
 */
export function readArguments(args: readonly string[]): ProbeArguments | undefined {
  const { values, positionals } = parse(args)
  if (values.help) return undefined
  const [url, ...others] = positionals
  if (url === undefined) throw new UsageError('name a URL, as in keepalive-kit probe http://localhost:3000/')
  if (others.length > 0) throw new UsageError(`one URL at a time: ${quote(others[0]!)} is too many`)
  const method = values.method ?? 'GET'
  if (method !== 'GET' && method !== 'HEAD')
    throw new UsageError(`--method is GET or HEAD, not ${quote(method)}`)
  const behind = values.behind ?? []
  return {
    url,
    maxWait: values['max-wait'] === undefined ? defaultWait : readWait(values['max-wait']),
    maxRequests:
      values['max-requests'] === undefined ? defaultRequests : readRequests(values['max-requests']),
    method,
    insecure: values.insecure ?? false,
    yes: values.yes ?? false,
    json: values.json ?? false,
    timeline: values.timeline ?? false,
    policy: behind.length > 0 ? resolvePolicy({ behind: behind.map(readFront) }) : undefined,
    expectations: (values.expect ?? []).map((text) => {
      const expectation = parseExpectation(text)
      if (typeof expectation === 'string') throw new UsageError(expectation)
      return expectation
    }),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'max-wait': { type: 'string' },
        'max-requests': { type: 'string' },
        behind: { type: 'string', multiple: true },
        expect: { type: 'string', multiple: true },
        method: { type: 'string' },
        insecure: { type: 'boolean' },
        json: { type: 'boolean' },
        timeline: { type: 'boolean' },
        yes: { type: 'boolean', short: 'y' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    // Node's own words; only their first sentence is about what was typed.
    const [sentence = ''] = (error as Error).message.split('. ')
    throw new UsageError(sentence.replace(/\.$/, ''))
  }
}

const unitMs = { ms: 1, s: 1_000, m: 60_000 } as const

/** `90s` in ms; `undefined` for what is no time. */
function readTime(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text)
  return match ? Math.round(Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]) : undefined
}

function readWait(text: string): number {
  const ms = readTime(text)
  if (ms === undefined || ms < 1_000 || ms > longestWait) {
    throw new UsageError(
      `--max-wait is a time from 1s to ${longestWait / 60_000}m, such as 90s, not ${quote(text)}`,
    )
  }
  return ms
}

function readRequests(text: string): number {
  const requests = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (requests < leastRequests || requests > mostRequests) {
    throw new UsageError(
      `--max-requests is a number from ${leastRequests} to ${mostRequests}, not ${quote(text)}`,
    )
  }
  return requests
}

/** `aws-alb`, `aws-alb:90s`. What is no id is for `behind` to refuse. */
function readFront(text: string): FrontOverride['front'] | FrontOverride {
  const [id = '', time] = text.split(':', 2)
  const front = id as FrontOverride['front']
  if (time === undefined) return front
  const idleTimeout = readTime(time)
  if (idleTimeout === undefined) {
    throw new UsageError(
      `--behind ${quote(text)}: after the colon comes a time with its unit, such as ${id}:90s`,
    )
  }
  return { front, idleTimeout }
}
