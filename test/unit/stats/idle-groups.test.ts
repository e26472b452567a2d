import { describe, expect, test } from 'vitest'
import { binCount, binOf, lowerBound } from '../../../src/stats/histogram.ts'
import { GroupedGaps, groupCount, mergeIdleGroups } from '../../../src/stats/idle-groups.ts'
import { LedgerBench } from '../../support/ledger.ts'

describe('idle gaps by group', () => {
  test('are in the octave of their bin', () => {
    for (let bin = 0; bin < binCount; bin++) {
      const gaps = new GroupedGaps()
      gaps.add('reused', bin, 5)
      const octave = lowerBound(bin) < 1 ? 0 : Math.floor(Math.log2(lowerBound(bin)) + 1e-9) + 1
      expect(gaps.groups().reused[5], `bin ${bin}`).toEqual([...Array(octave).fill(0), 1])
    }
  })

  test('there are 16, with the outcomes of the gaps', () => {
    const gaps = new GroupedGaps()
    for (const id of [1, 17, 32]) gaps.add('cutOff', binOf(1), id)
    const { reused, cutOff } = gaps.groups()
    expect(cutOff.map((counts) => counts[1] ?? 0)).toEqual([1, 2, ...Array(14).fill(0)])
    expect(reused).toEqual(Array(groupCount).fill([]))
  })

  test('add up group by group', () => {
    const gaps = new GroupedGaps()
    gaps.add('clientClosed', binOf(300), 3)
    const one = gaps.groups()
    gaps.add('clientClosed', binOf(5), 3)
    const { clientClosed } = mergeIdleGroups([one, gaps.groups()])
    expect(clientClosed[3]).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0, 2])
    expect(mergeIdleGroups([])).toEqual(new GroupedGaps().groups())
  })
})

describe('the group of a connection', () => {
  const groupsOf = (b: LedgerBench, client: string): Set<number> =>
    new Set(Array.from({ length: 20 }, () => b.open(client).group & 15))

  test('is that of its client if there are many clients', () => {
    const b = new LedgerBench()
    for (let n = 0; n < 5_000; n++) {
      b.open(`10.1.${n >> 8}.${n & 255}`)
      b.clock.pass(1)
    }
    expect(groupsOf(b, '192.0.2.1').size).toBe(1)
    const ofClients = Array.from({ length: 64 }, (_, n) => [...groupsOf(b, `192.0.3.${n}`)][0])
    expect(new Set(ofClients).size).toBe(16)
  })

  test('is its own if it comes from a proxy', () => {
    const b = new LedgerBench()
    for (let n = 0; n < 20; n++) b.open(`10.1.0.${n}`)
    expect(groupsOf(b, '192.0.2.1').size).toBe(16)
    expect(groupsOf(new LedgerBench({ clients: 0 }), '192.0.2.1').size).toBe(16)
  })
})

describe('a client that returns', () => {
  test('gives the gap since the last response before our idle close', () => {
    const b = new LedgerBench()
    const record = b.open('192.0.2.1')
    b.exchange(record)
    b.clock.pass(66_000)
    record.close('idle-timeout')
    expect(b.snapshot().returns).toMatchObject({ timedOut: 1, gaps: { count: 0 } })
    b.clock.pass(4_000)
    b.open('192.0.2.2')
    b.open('192.0.2.1')
    b.open('192.0.2.1')
    expect(b.snapshot().returns).toMatchObject({ timedOut: 1, gaps: { count: 1, sum: 70_000 } })
  })

  test.each([
    ['eviction', (b: LedgerBench) => idle(b).close('evicted')],
    ['drain', (b: LedgerBench) => idle(b).close('drain')],
    ['its own close', (b: LedgerBench) => b.end(idle(b), 'client-idle', 'client')],
    ['a connection without a request', (b: LedgerBench) => b.open('192.0.2.1').close('idle-timeout')],
  ])('does not count after %s', (_, ending) => {
    const b = new LedgerBench()
    ending(b)
    b.open('192.0.2.1')
    expect(b.snapshot().returns).toMatchObject({ timedOut: 0, gaps: { count: 0 } })
  })

  test('is unknown without a row', () => {
    const b = new LedgerBench({ clients: 0 })
    idle(b).close('idle-timeout')
    b.open('192.0.2.1')
    expect(b.snapshot().returns).toMatchObject({ timedOut: 0, gaps: { count: 0 } })
  })

  test('is dropped with its row, and is used once for each connection', () => {
    const b = new LedgerBench({ clients: 4 })
    const [one, two] = [idle(b), idle(b)]
    one.close('idle-timeout')
    two.close('idle-timeout')
    b.open('192.0.2.1')
    for (let n = 0; n < 10; n++) b.open(`10.0.0.${n}`)
    b.open('192.0.2.1')
    expect(b.snapshot().returns).toMatchObject({ timedOut: 2, gaps: { count: 1 } })
  })
})

function idle(b: LedgerBench): ReturnType<LedgerBench['open']> {
  const record = b.open('192.0.2.1')
  b.exchange(record)
  return record
}

describe('connections that are idle now', () => {
  test('are counted by their idle time', () => {
    const b = new LedgerBench()
    idle(b)
    b.clock.pass(500)
    idle(b)
    b.open()
    b.clock.pass(100)
    expect(b.snapshot().histograms.idleNow).toMatchObject({ count: 2, sum: 700 })
  })

  test('are at most 1,000: those that were idle longest', () => {
    const b = new LedgerBench()
    for (let n = 0; n < 1_500; n++) {
      idle(b)
      b.clock.pass(1)
    }
    const { count, sum } = b.snapshot().histograms.idleNow
    expect(count).toBe(1_000)
    expect(sum / count).toBeCloseTo(1_000.5, 0)
  })
})
