import { expect, test } from 'vitest'
import { type Followed, Timelines } from '../../../src/connection/timelines.ts'

const followed = (id: number): Followed => ({ id, openedAt: 1_000, timeline: undefined })

function follow(timelines: Timelines, ids: number): Followed[] {
  const all = Array.from({ length: ids }, (_, i) => followed(i + 1))
  for (const each of all) timelines.follow(each)
  return all
}

test('a timeline has the events of its connection, without queries', () => {
  const timelines = new Timelines()
  const [only] = follow(timelines, 1)
  only!.timeline!.request(1_002.34, 'GET', '/a?token=1')
  only!.timeline!.add(1_010, 'response', undefined, 200)
  only!.timeline!.add(6_010, 'fin', 'server', 'idle-timeout')
  expect(timelines.of(1)).toEqual([
    { at: 0, event: 'accepted' },
    { at: 2.3, event: 'request', detail: 'GET /a?…' },
    { at: 10, event: 'response', detail: '200' },
    { at: 5_010, event: 'fin', by: 'server', detail: 'idle-timeout' },
  ])
  expect(timelines.of(2)).toBeUndefined()
})

test('only its last 64 events are kept, and no long target', () => {
  const timelines = new Timelines()
  const [only] = follow(timelines, 1)
  for (let i = 0; i < 1_000; i++) only!.timeline!.request(1_000 + i, 'GET', `/${i}`)
  expect(timelines.of(1)!.map(({ at }) => at)).toEqual(Array.from({ length: 64 }, (_, i) => 936 + i))
  only!.timeline!.request(3_000, 'GET', `/${'x'.repeat(10_000)}`)
  expect(timelines.of(1)!.at(-1)).toEqual({ at: 2_000, event: 'request', detail: 'GET …' })
})

test('of the open connections those opened last are followed, of the closed ones those closed last', () => {
  const timelines = new Timelines()
  const all = follow(timelines, 1_000)
  expect(all.filter(({ timeline }) => timeline).map(({ id }) => id)).toEqual(
    Array.from({ length: 192 }, (_, i) => 809 + i),
  )
  for (const each of all) timelines.close(each)
  expect(all.filter(({ id }) => timelines.of(id)).map(({ id }) => id)).toEqual(
    Array.from({ length: 64 }, (_, i) => 937 + i),
  )
})

test('a new life in the place of an old one begins anew', () => {
  const timelines = new Timelines()
  for (const each of follow(timelines, 1_000)) {
    for (let i = 0; i < 100; i++) each.timeline?.request(1_001, 'GET', '/old')
    timelines.close(each)
  }
  const young = { ...followed(5_000), openedAt: 7_000 }
  timelines.follow(young)
  young.timeline!.request(7_001, 'GET', '/new')
  expect(timelines.of(5_000)).toEqual([
    { at: 0, event: 'accepted' },
    { at: 1, event: 'request', detail: 'GET /new' },
  ])
})
