import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Cause } from '../../src/explain/causes.ts'
import type { Explained } from '../../src/explain/join.ts'
import { run } from '../support/command.ts'
import { type Observed, observe, type Phase } from '../support/explained-failures.ts'
import { explainedProxies } from '../support/explained-proxies.ts'
import { scratch } from '../support/proxies.ts'

/** The whole form has more than 500 failures. */
const rounds = Number(process.env.EXPLAIN_ROUNDS ?? 4)

const observed = new Map<string, Observed>()

it('real proxies write their logs', { timeout: 300_000 }, async () => {
  const all = await Promise.all(
    Object.entries(explainedProxies).map(
      async ([name, proxy]) => [name, await observe(proxy, rounds)] as const,
    ),
  )
  for (const [name, each] of all) observed.set(name, each)
})

/** What each failure was, by the path of its request, or else by its time. */
function truthOf(each: Explained, phase: Phase): readonly Cause[] {
  const [, path = ''] = /^POST (?:http:\/\/[^/]*)?(\/[\w-]+)\?/.exec(each.request) ?? []
  return phase.byPath?.[path] ?? phase.causes
}

function phaseOf({ request, time }: Explained, phases: readonly Phase[], precision: number): Phase {
  const [, name] = /\?(\w+)-\d+$/.exec(request) ?? []
  const found = phases.findLast((phase) =>
    name === undefined ? time >= phase.from - precision - 5 : phase.name === name,
  )
  expect(found, `a phase of ${request} at ${time}`).toBeDefined()
  return found!
}

describe.each(
  Object.entries(explainedProxies).flatMap(([name, proxy]) =>
    logsOf(name).map((log) => ({ name, proxy, log })),
  ),
)('$name, $log', ({ name, proxy, log }) => {
  it('has no wrong cause, and exact ones where it has the port', async () => {
    const { logs, records, phases } = observed.get(name)!
    const folder = scratch('explain-')
    writeFileSync(join(folder, 'log'), logs[log]!)
    writeFileSync(join(folder, 'records'), records)
    const given = [join(folder, 'log'), '--records', join(folder, 'records')]
    const { code, out, errors } = await run('explain', ...given, '--json')
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    const { failures, summary } = JSON.parse(out) as { failures: Explained[]; summary: { clockSkew: number } }
    expect(summary.clockSkew).toBe(0)
    const tally: Record<string, number> = {}
    const wrong: unknown[] = []
    for (const each of failures) {
      const phase = phaseOf(each, phases, log === 'error' && name === 'nginx' ? 1_000 : 0)
      const outcome =
        each.cause === 'unknown' ? 'unknown' : truthOf(each, phase).includes(each.cause) ? 'right' : 'wrong'
      if (outcome === 'wrong') wrong.push([phase.name, each])
      const key = `${phase.name} ${outcome} ${each.certainty}`
      tally[key] = (tally[key] ?? 0) + 1
    }
    console.log(`${name} ${log}: ${failures.length} failures`, tally)
    expect(wrong).toEqual([])
    const count = (pattern: RegExp): number =>
      Object.entries(tally).reduce((sum, [key, times]) => (pattern.test(key) ? sum + times : sum), 0)
    const kinds = ['race', 'app', 'crash', 'restart', 'refused', 'slow']
    if (proxy.exact.includes(log)) {
      for (const kind of kinds) expect(count(new RegExp(`^${kind} right`)), kind).toBeGreaterThan(0)
      expect(count(/likely|unknown/)).toBe(0)
    } else {
      // More than one fits now and then where times are all there is, above all on a busy machine.
      const found = count(/^(?!mixed).* right/)
      expect(found).toBeGreaterThanOrEqual(0.7 * (found + count(/^(?!mixed).*unknown/)))
    }
    expect(failures.length).toBeGreaterThanOrEqual(20 * rounds)
  })
})

function logsOf(name: string): readonly string[] {
  return {
    nginx: ['error', 'access'],
    HAProxy: ['haproxy'],
    Apache: ['error'],
    Caddy: ['caddy'],
    Varnish: ['varnishncsa'],
  }[name]!
}
