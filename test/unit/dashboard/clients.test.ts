import { expect, test } from 'vitest'
import { clientLines, readClientQuery } from '../../../src/dashboard/clients.ts'
import { pageSize } from '../../../src/dashboard/messages.ts'
import { pageOf } from '../../../src/dashboard/query.ts'
import type { ClientRow } from '../../../src/stats/snapshot.ts'

const row = (i: number, more: Partial<ClientRow> = {}): ClientRow => ({
  address: `198.51.100.${i}`,
  connections: 1_000 - i,
  requests: 1_000,
  reused: i,
  reasons: {},
  lastSeen: i,
  ...more,
})

const other = { ...row(0), address: null }
const rows = Array.from({ length: 250 }, (_, i) => row(i))

const ask = (query: string, of: readonly ClientRow[] = rows) =>
  clientLines({ rows: of, other }, readClientQuery(new URLSearchParams(query)))

test('every client is on one page, in the order asked for', () => {
  const pages = [0, 100, 200].map((offset) => ask(`sort=lastSeen&order=up&offset=${offset}`))
  expect(pages.map(({ rows }) => rows.length)).toEqual([100, 100, 50])
  expect(pages.map(({ offset, matching, total }) => [offset, matching, total])).toEqual([
    [0, 250, 250],
    [100, 250, 250],
    [200, 250, 250],
  ])
  expect(pages.flatMap(({ rows }) => rows.map(({ lastSeen }) => lastSeen))).toEqual(
    rows.map(({ lastSeen }) => lastSeen),
  )
})

test('beyond the last page is the last page, and nonsense is the first', () => {
  for (const offset of ['250', '9999', '1e9']) expect(ask(`offset=${offset}`).offset).toBe(200)
  for (const offset of ['-1', 'NaN', '1.5', '', '<script>']) expect(ask(`offset=${offset}`).offset).toBe(0)
  expect(ask('offset=100', []).offset).toBe(0)
  expect(pageOf(1e6, 1e6, pageSize)).toBe(9_900)
})

test('finds by a part of the address, and by what a client does', () => {
  expect(ask('text= 100.24 ').rows.map(({ address }) => address)).toEqual([
    '198.51.100.24',
    ...Array.from({ length: 10 }, (_, i) => `198.51.100.${240 + i}`),
  ])
  expect(ask('text=nothing')).toMatchObject({ total: 250, matching: 0, offset: 0, rows: [] })
  const wasteful = row(7, { connections: 400, requests: 400, reused: 0, avoidable: 390 })
  const health = row(8, { healthChecks: 990 })
  const some = [row(1), wasteful, health]
  expect(ask('kind=neverReuses', some)).toMatchObject({ matching: 1, rows: [{ neverReuses: true }] })
  expect(ask('kind=checksHealth', some)).toMatchObject({ matching: 1, rows: [{ checksHealth: true }] })
  expect(ask('kind=__proto__', some).matching).toBe(3)
})
