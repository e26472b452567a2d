import { describe, expect, it } from 'vitest'
import type { LoggedFailure } from '../../../src/explain/failure.ts'
import { type Explained, Join } from '../../../src/explain/join.ts'
import type { ConnectionRecord } from '../../../src/explain/records.ts'
import { Survey } from '../../../src/explain/survey.ts'
import { failureOf, recordOf, start } from '../../support/closed-record.ts'

interface Joined {
  readonly explained: readonly Explained[]
  readonly skew: number
}

function join(
  failures: readonly LoggedFailure[],
  records: readonly ConnectionRecord[],
  zoned = true,
): Joined {
  const survey = new Survey(failures)
  for (const record of records) survey.see(record)
  const surveyed = survey.finish(zoned)
  const joined = new Join(failures, surveyed)
  for (const record of records) joined.match(record)
  return { explained: joined.explain(), skew: surveyed.skew }
}

const causesOf = (failures: readonly LoggedFailure[], records: readonly ConnectionRecord[]): string[] =>
  join(failures, records).explained.map(({ cause, certainty }) => `${cause}, ${certainty}`)

/** Records before and after, so that the process is known to have run on. */
const running = (change: Partial<ConnectionRecord> = {}): ConnectionRecord[] => [
  recordOf({ id: 2, remotePort: 41_000, age: 60_000, closedAt: start + 30_000, late: 0, ...change }),
]

/** A process that ended at the start, and the one after it. */
const ended = (drained: boolean): ConnectionRecord[] => [
  recordOf({
    id: 7,
    remotePort: 41_000,
    closedAt: start - 300,
    late: 0,
    ...(drained && { reason: 'drain' }),
  }),
  recordOf({ id: 1, remotePort: 41_001, closedAt: start + 20_000, age: 15_000, late: 0, process: ' 101' }),
]

describe('with the port', () => {
  it.each([
    ['an idle close', {}, 'idle-timeout'],
    ['an idle close, of which the request came too late for the kit', { late: 0 }, 'idle-timeout'],
    ['a socket that the app destroyed', { reason: 'app', late: 0, appClose: 'socket' }, 'app-destroy'],
    ['an app that closes each connection', { reason: 'app', late: 1, appClose: 'header' }, 'app-close'],
    ['the cap on requests', { reason: 'max-requests' }, 'cap'],
    ['the cap on age', { reason: 'max-age' }, 'cap'],
    ['a drain', { reason: 'drain' }, 'drain'],
    ['an eviction', { reason: 'evicted' }, 'evicted'],
    ['headersTimeout', { reason: 'header-timeout', late: 0 }, 'header-timeout'],
    ['requestTimeout', { reason: 'request-timeout', late: 0 }, 'request-timeout'],
    ['server.timeout', { reason: 'inactivity', late: 0 }, 'inactivity'],
    ['a request that is none', { reason: 'bad-request', late: 0 }, 'bad-request'],
    ['a network that failed', { reason: 'error', closedBy: 'network', late: 0 }, 'network'],
    ['both sides blame each other', { reason: 'client-reset', closedBy: 'client', late: 0 }, 'between'],
  ] as const)('%s is exact', (_, change, cause) => {
    expect(causesOf([failureOf()], [recordOf(change), ...running()])).toEqual([`${cause}, exact`])
  })

  it('takes the record of the time, as ports are used again', () => {
    const others = [-60_000, 60_000].map((after, i) =>
      recordOf({ id: 10 + i, reason: 'app', late: 0, closedAt: start + after, age: 10_000 }),
    )
    const { explained } = join([failureOf()], [...others, recordOf()])
    expect(explained).toMatchObject([{ cause: 'idle-timeout', certainty: 'exact', connection: { id: 1 } }])
  })

  it('is not content with a connection of its port that the proxy has closed before', () => {
    const before = recordOf({ closedBy: 'client', reason: 'client-abort', late: 0, closedAt: start - 1_000 })
    expect(causesOf([failureOf()], [before, ...ended(false)])).toEqual(['crash, exact'])
  })

  it('takes no record of another server with the same port', () => {
    const other = recordOf({ target: '10.0.0.6:3000', reason: 'app', late: 0, process: ' 7' })
    expect(causesOf([failureOf()], [other, ...ended(false)])).toEqual(['crash, exact'])
  })

  it('is likely only where records are of several servers and the log does not say which', () => {
    const records = [recordOf(), ...running({ target: '10.0.0.6:3000' })]
    expect(causesOf([failureOf({ target: '' })], records)).toEqual(['idle-timeout, likely'])
  })

  it('tells a crash from a restart', () => {
    expect(causesOf([failureOf()], ended(false))).toEqual(['crash, exact'])
    expect(causesOf([failureOf()], ended(true))).toEqual(['restart, exact'])
  })

  it.each([0, 40_000])('does not take the end of the records for a crash, with the port %i', (port) => {
    const failure = failureOf({ port, time: start + 7_000 })
    for (const after of [20, 5_000, 28_000]) {
      const refused = failureOf({ symptom: 'refused', port: 0, time: failure.time + after })
      for (const drained of [false, true])
        expect(causesOf([failure, refused], ended(drained).slice(0, 1))).toEqual([
          'unknown, unknown',
          'refused, exact',
        ])
    }
    expect(causesOf([failure], ended(false).slice(0, 1))).toEqual(['unknown, unknown'])
  })

  it('looks elsewhere where the process ran on and has no record', () => {
    expect(causesOf([failureOf()], running())).toEqual(['elsewhere, exact'])
  })

  it('does not look elsewhere where another process of the server may have ended', () => {
    const other = recordOf({ id: 9, remotePort: 41_009, late: 0, closedAt: start - 2_000, process: ' 7' })
    expect(causesOf([failureOf()], [...running(), other])).toEqual(['unknown, unknown'])
  })

  it('knows nothing of a server whose records were not given', () => {
    const failures = [failureOf(), failureOf({ target: '10.0.0.6:3000', port: 40_001 })]
    expect(causesOf(failures, [recordOf(), ...running()])).toEqual([
      'idle-timeout, exact',
      'unknown, unknown',
    ])
  })

  it('finds processes of one name, such as pid 1 of a container, by their ids', () => {
    const old = [1, 2, 3].map((id) =>
      recordOf({ id, remotePort: 41_000 + id, late: 0, closedAt: start - 9_000 + id }),
    )
    // The first connection to close was not the first one to open.
    const next = [4, 5, 1, 2].map((id, i) =>
      recordOf({
        id,
        remotePort: 42_000 + id,
        late: 0,
        age: 20_000 - id * 1_000 + i,
        closedAt: start + 30_000 + i,
      }),
    )
    expect(causesOf([failureOf()], [...old, ...next])).toEqual(['crash, exact'])
  })

  it('says nothing of processes that are mixed without a name', () => {
    const mixed = Array.from({ length: 200 }, (_, i) =>
      recordOf({
        id: 1 + (i >> 2),
        age: 100,
        late: 0,
        remotePort: 41_000,
        closedAt: start - 60_000 + i * 700,
      }),
    )
    const two = mixed.map((record, i) => (i % 2 === 0 ? record : { ...record, id: 900 + record.id }))
    expect(causesOf([failureOf()], two)).toEqual(['unknown, unknown'])
  })

  it('finds processes without a pid by their ids', () => {
    const unnamed = ended(false).map((record) => ({ ...record, process: ' ' }))
    expect(causesOf([failureOf()], unnamed)).toEqual(['crash, exact'])
  })
})

describe('without the port', () => {
  const failure = (change: Partial<LoggedFailure> = {}): LoggedFailure => failureOf({ port: 0, ...change })

  it('the only lost request of the time is likely', () => {
    expect(causesOf([failure()], [recordOf({ closedAt: start + 30 }), ...running()])).toEqual([
      'idle-timeout, likely',
    ])
    const app = recordOf({ reason: 'app', late: 0, appClose: 'socket', closedAt: start - 5 })
    expect(causesOf([failure()], [app, ...running()])).toEqual(['app-destroy, likely'])
  })

  it('closes without a lost request are none', () => {
    const records = [
      recordOf({ late: 0 }),
      recordOf({ reason: 'app', appClose: 'header', late: 0 }),
      recordOf({ reason: 'client-idle', closedBy: 'client', late: 0 }),
    ]
    expect(causesOf([failure()], [...records, ...running()])).toEqual(['unknown, unknown'])
  })

  it('two causes at a time are unknown, and so is one failure more than there are records', () => {
    const app = recordOf({ id: 9, reason: 'app', late: 0, appClose: 'socket', remotePort: 40_009 })
    expect(causesOf([failure(), failure()], [recordOf(), app])).toEqual([
      'unknown, unknown',
      'unknown, unknown',
    ])
    expect(causesOf([failure(), failure()], [recordOf()])).toEqual(['unknown, unknown', 'unknown, unknown'])
  })

  it('several late requests on one connection are as many failures', () => {
    expect(causesOf([failure(), failure()], [recordOf({ late: 2 })])).toEqual([
      'idle-timeout, likely',
      'idle-timeout, likely',
    ])
  })

  it('the end of the process is likely, also right after an idle close', () => {
    const failures = [failure({ time: start - 310 }), failure()]
    const idle = recordOf({ closedAt: start - 300 })
    expect(causesOf(failures, [idle, ...ended(false)])).toEqual(['idle-timeout, likely', 'crash, likely'])
  })

  it('a log of whole seconds has its record anywhere within', () => {
    const coarse = failure({ time: start, until: start + 1_000 })
    expect(causesOf([coarse], [recordOf({ closedAt: start + 900 })])).toEqual(['idle-timeout, likely'])
    expect(causesOf([coarse], [recordOf({ closedAt: start + 2_000 })])).toEqual(['unknown, unknown'])
  })
})

describe('the log alone', () => {
  it.each([
    ['refused', 'refused, exact'],
    ['connect-timeout', 'connect-timeout, exact'],
    ['response-timeout', 'proxy-timeout, exact'],
    ['no-server', 'no-server, exact'],
    ['answered', 'app-error, exact'],
    ['closed', 'unknown, unknown'],
    ['unclear', 'unknown, unknown'],
  ] as const)('proves that %s is %s', (symptom, outcome) => {
    expect(causesOf([failureOf({ symptom })], [])).toEqual([outcome])
  })

  it('does not prove what it does not tell apart', () => {
    expect(causesOf([failureOf({ symptom: 'refused', isUsual: true })], [])).toEqual(['refused, likely'])
  })

  it('is believed before a record', () => {
    expect(causesOf([failureOf({ symptom: 'refused' })], [recordOf()])).toEqual(['refused, exact'])
  })
})

describe('clocks', () => {
  const pairs = (count: number, ahead: number, port: boolean): [LoggedFailure[], ConnectionRecord[]] => {
    const times = Array.from({ length: count }, (_, i) => start + i * i * 1_337)
    return [
      times.map((time, i) => failureOf({ time: time + ahead, port: port ? 40_000 + i : 0 })),
      times.map((closedAt, i) => recordOf({ id: i + 1, closedAt, remotePort: 40_000 + i })),
    ]
  }

  it.each([
    [0, true],
    [0, false],
    [3_600_000, true],
    [3_600_000, false],
    [-2_400, true],
    [41_000, true],
    [41_000, false],
    [-19_800_000, false],
  ])('that differ by %i ms are corrected, with the port: %j', (ahead, port) => {
    const [failures, records] = pairs(20, ahead, port)
    const { explained, skew } = join(failures, records, false)
    expect(Math.abs(skew - ahead)).toBeLessThanOrEqual(1)
    expect(new Set(explained.map(({ cause }) => cause))).toEqual(new Set(['idle-timeout']))
  })

  it('one failure in another zone is enough where the log has no zone', () => {
    expect(join(...pairs(1, 7_200_000, true), false).explained[0]).toMatchObject({ cause: 'idle-timeout' })
    expect(join(...pairs(1, 7_200_000, true), true).explained[0]).not.toMatchObject({ cause: 'idle-timeout' })
  })

  it('are not corrected by chance: records of another day stand for nothing', () => {
    const [failures] = pairs(40, 0, false)
    const others = failures.map((_, i) =>
      recordOf({ id: i + 1, closedAt: start + 9_400_000 + i * i * 1_003 }),
    )
    const { skew, explained } = join(failures, others, false)
    expect(skew).toBe(0)
    expect(explained.every(({ cause }) => cause === 'unknown')).toBe(true)
  })
})
