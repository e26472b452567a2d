import { expect, test } from 'vitest'
import type { Followed, Timeline } from '../../../src/connection/timeline.ts'
import { Timelines } from '../../../src/connection/timelines.ts'

/** The parts of a connection that timelines use. */
class Told implements Followed {
  readonly id: number
  readonly openedAt: number
  timeline: Timeline | undefined

  constructor(timelines: Timelines, id: number, openedAt = 1_000) {
    this.id = id
    this.openedAt = openedAt
    this.timeline = timelines.follow(this)
  }

  timelineLost(): void {
    this.timeline = undefined
  }
}

const follow = (timelines: Timelines, ids: number): Told[] =>
  Array.from({ length: ids }, (_, i) => new Told(timelines, i + 1))

/** When the thousand that may come at once have come. */
const later = 2_000

function close(timelines: Timelines, { timeline }: Told): void {
  if (timeline) timelines.close(timeline)
}

test('a timeline has the events of its connection, without queries', () => {
  const timelines = new Timelines()
  const [only] = follow(timelines, 1)
  only!.timeline!.request(1_002.34, 'GET', '/a?token=1')
  only!.timeline!.response(1_010, 200)
  only!.timeline!.add(6_010, 'fin', 'server', 'idle-timeout')
  expect(timelines.of(1)).toEqual([
    { at: 0, event: 'accepted' },
    { at: 2.3, event: 'request', detail: 'GET /a?…' },
    { at: 10, event: 'response', detail: '200' },
    { at: 5_010, event: 'fin', by: 'server', detail: 'idle-timeout' },
  ])
  expect(timelines.of(2)).toBeUndefined()
})

test('the last 64 events are kept, whichever stream is answered when', () => {
  const timelines = new Timelines()
  const { timeline } = follow(timelines, 1)[0]!
  const streams = Array.from({ length: 100 }, (_, i) => 2 * i + 1)
  for (const stream of streams) timeline!.request(1_000 + stream, 'GET', '/', stream)
  // The stream that came last is answered in the middle of the others.
  const answered = [...streams.slice(0, 40), streams.at(-1)!, ...streams.slice(40, -1)]
  for (const [i, stream] of answered.entries()) timeline!.response(2_000 + i, 200, stream)
  expect(timelines.of(1)).toEqual(
    answered.map((stream, i) => ({ at: 1_000 + i, event: 'response', stream, detail: '200' })).slice(-64),
  )
})

test('a response keeps its place in the order', () => {
  const timelines = new Timelines()
  const { timeline } = follow(timelines, 1)[0]!
  timeline!.request(1_001, 'GET', '/a')
  timeline!.add(1_002, 'fin', 'client')
  timeline!.response(1_003, 200)
  expect(timelines.of(1)!.map(({ event }) => event)).toEqual(['accepted', 'request', 'fin', 'response'])
  timeline!.request(1_004, 'GET', '/b')
  for (let i = 0; i < 64; i++) timeline!.add(1_005, 'late-bytes', 'client')
  timeline!.response(1_006, 204)
  expect(timelines.of(1)!.at(-1)).toEqual({ at: 6, event: 'response', detail: '204' })
  expect(timelines.of(1)).toHaveLength(64)
})

test('only its last 64 events are kept, and long targets are cut', () => {
  const timelines = new Timelines()
  const [only] = follow(timelines, 1)
  for (let i = 0; i < 1_000; i++) only!.timeline!.request(1_000 + i, 'GET', `/${i}`)
  expect(timelines.of(1)!.map(({ at }) => at)).toEqual(Array.from({ length: 64 }, (_, i) => 936 + i))
  only!.timeline!.request(3_000, 'GET', `/${'x'.repeat(10_000)}`)
  expect(timelines.of(1)!.at(-1)).toEqual({ at: 2_000, event: 'request', detail: 'GET …' })
})

test('follows the latest opened and the latest closed connections', () => {
  const timelines = new Timelines()
  const all = follow(timelines, 1_000)
  expect(all.filter(({ timeline }) => timeline).map(({ id }) => id)).toEqual(
    Array.from({ length: 192 }, (_, i) => 809 + i),
  )
  for (const each of all) close(timelines, each)
  const more = Array.from({ length: 500 }, (_, i) => {
    const each = new Told(timelines, 1_001 + i, later)
    close(timelines, each)
    return each
  })
  expect([...all, ...more].filter(({ id }) => timelines.of(id)).map(({ id }) => id)).toEqual(
    Array.from({ length: 256 }, (_, i) => 1_245 + i),
  )
})

test('keeps at least 64 that were opened before and closed since', () => {
  const timelines = new Timelines()
  const all = follow(timelines, 192)
  for (const each of all.slice(0, 100)) close(timelines, each)
  for (let id = 193; id <= 1_000; id++) new Told(timelines, id)
  expect(all.filter(({ id }) => timelines.of(id)).map(({ id }) => id)).toEqual(
    Array.from({ length: 64 }, (_, i) => 37 + i),
  )
})

test('where more than a thousand come at once, one in each millisecond is followed', () => {
  const timelines = new Timelines()
  follow(timelines, 1_000)
  const more = Array.from({ length: 100 }, (_, i) => new Told(timelines, 1_001 + i, 1_000 + i / 10))
  expect(more.filter(({ timeline }) => timeline).map(({ openedAt }) => openedAt)).toEqual(
    Array.from({ length: 9 }, (_, i) => 1_001 + i),
  )
  expect(timelines.of(1_001)).toBeUndefined()
})

test('a reused slot starts empty', () => {
  const timelines = new Timelines()
  for (const each of follow(timelines, 1_000)) {
    for (let i = 0; i < 100; i++) each.timeline?.request(1_001, 'GET', '/old')
    close(timelines, each)
  }
  const young = new Told(timelines, 5_000, 7_000)
  young.timeline!.request(7_001, 'GET', '/new')
  expect(timelines.of(5_000)).toEqual([
    { at: 0, event: 'accepted' },
    { at: 1, event: 'request', detail: 'GET /new' },
  ])
})

test('a request is answered by the response on its HTTP/2 stream, and another record may go on with the timeline', () => {
  const timelines = new Timelines()
  const [only] = follow(timelines, 1)
  const next = new Told(new Timelines(), 1)
  const timeline = only!.timeline!.handTo(next)
  timeline.request(1_001, 'GET', '/1', 1)
  timeline.request(1_002, 'GET', '/3', 3)
  timeline.response(1_003, 200, 1)
  timeline.response(1_004, 404, 3)
  expect(timelines.of(1)).toEqual([
    { at: 0, event: 'accepted' },
    { at: 1, event: 'request', stream: 1, detail: 'GET /1' },
    { at: 2, event: 'request', stream: 3, detail: 'GET /3' },
    { at: 3, event: 'response', stream: 1, detail: '200' },
    { at: 4, event: 'response', stream: 3, detail: '404' },
  ])
  // Room for others is made by telling the record that has it now.
  follow(timelines, 200)
  expect(next.timeline).toBeUndefined()
})
