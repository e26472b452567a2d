import { describe, expect, it } from 'vitest'
import { report } from '../../../src/cli/explain/report.ts'
import { plainLook } from '../../../src/cli/look.ts'
import type { Cause } from '../../../src/explain/causes.ts'
import type { Certainty, Explained } from '../../../src/explain/join.ts'
import { Counts, type LogRead, type ProxyName, type Summary } from '../../../src/explain/summary.ts'
import { Survey } from '../../../src/explain/survey.ts'
import { recordOf } from '../../support/closed-record.ts'

const log: LogRead = {
  ...{ kind: 'nginx', format: 'error log', lines: 9, requests: 9, bad: 0, example: undefined },
  lacks: 'A better answer needs $msec',
}

const nginx: ProxyName = { name: 'nginx', idleTimeout: 60_000, isDefault: true }

function summaryOf(
  causes: readonly (readonly [Cause, Certainty, times: number])[],
  { idle = 5_000, proxy = nginx, hasEverything = false, hasRecords = true } = {},
): Summary {
  const counts = new Counts()
  for (const [cause, certainty, times] of causes)
    for (let i = 0; i < times; i++) {
      const connection = cause === 'idle-timeout' ? recordOf({ idleAtClose: idle }) : null
      counts.add({ cause, certainty, connection } as Explained)
    }
  const survey = new Survey([])
  survey.see(recordOf())
  return counts.summary(
    { ...log, ...(hasEverything && { lacks: undefined }) },
    hasRecords ? survey.finish(true) : undefined,
    proxy,
    [],
  )
}

const judgmentOf = (...causes: (readonly [Cause, Certainty, times: number])[]): string =>
  report(summaryOf(causes), [], plainLook)[0]!

describe('the headline', () => {
  it('begins with the unknown failures where no known cause has more', () => {
    expect(judgmentOf(['unknown', 'unknown', 2], ['refused', 'exact', 1])).toBe(
      'UNKNOWN: 2 of 3 failures: the cause is not known. Give the records of all processes, from before the first failure until after the last one. A better answer needs $msec. 1 of 3: nothing accepted the connection. Start the new process before the old one stops, and check host and port.',
    )
    expect(judgmentOf(['refused', 'exact', 1], ['unknown', 'unknown', 1])).toMatch(
      /^UNKNOWN: 1 of 2 failures/,
    )
    expect(judgmentOf(['unknown', 'unknown', 2])).toMatch(/^UNKNOWN: 2 of 2 failures: the cause is not known/)
  })

  it('does not hide the unknown failures behind a known cause', () => {
    expect(judgmentOf(['unknown', 'unknown', 2], ['refused', 'exact', 3])).toMatch(
      /^CAUSE: 3 of 5 failures: nothing accepted .* 2 of 5: the cause is not known\.$/,
    )
  })

  it('says what is only likely', () => {
    expect(judgmentOf(['crash', 'likely', 3])).toMatch(/^CAUSE: 3 of 3 failures, likely: the process ended/)
    expect(judgmentOf(['crash', 'likely', 1], ['crash', 'exact', 2])).toMatch(
      /^CAUSE: 3 of 3 failures, 1 of them likely: the process/,
    )
    expect(judgmentOf(['crash', 'exact', 2])).toMatch(/^CAUSE: 2 of 2 failures: the process/)
  })
})

describe('the remedy of what is unknown', () => {
  const remedyOf = (given: Parameters<typeof summaryOf>[1]): string =>
    summaryOf([['unknown', 'unknown', 1]], given).causes[0]!.remedy

  it('asks for what was not given', () => {
    expect(remedyOf({ hasRecords: false })).toBe(
      "Give the server's closed records with --records. A better answer needs $msec",
    )
    expect(remedyOf({ hasEverything: true })).toBe(
      'Give the records of all processes, from before the first failure until after the last one',
    )
  })
})

describe("the proxy's idle timeout", () => {
  const whatOf = (given: Parameters<typeof summaryOf>[1]): string =>
    summaryOf([['idle-timeout', 'exact', 2]], given).causes[0]!.what

  it('is a default, unless it was given', () => {
    expect(whatOf({})).toBe(
      'the server closed idle connections after 5 s; nginx keeps them for 60 s by default',
    )
    expect(whatOf({ proxy: { ...nginx, isDefault: false } })).toBe(
      'the server closed idle connections after 5 s; nginx keeps them for 60 s',
    )
  })

  it('is not the default where the proxy used a connection that was idle for longer', () => {
    const { what, remedy } = summaryOf([['idle-timeout', 'exact', 2]], { idle: 66_000 }).causes[0]!
    expect(what).toBe('the server closed idle connections after 66 s, while nginx still used them')
    expect(remedy).toBe('Set keepAliveTimeout above the time for which nginx keeps idle connections')
  })
})
