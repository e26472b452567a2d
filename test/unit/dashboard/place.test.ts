import { describe, expect, test } from 'vitest'
import { placeOf } from '../../../src/dashboard/place.ts'

const known = (name: string): boolean => ['', 'page.js', 'stream'].includes(name)

describe('mounted by a router', () => {
  test.each([
    ['/', '/keepalive/', { name: '' }],
    ['/', '/keepalive', { redirect: './keepalive/' }],
    ['/', '/admin/keepalive?x=1', { redirect: './keepalive/' }],
    ['/?x=/y', '/keepalive/?x=/y', { name: '' }],
    ['/page.js', '/keepalive/page.js', { name: 'page.js' }],
    ['/nested/page.js', '/keepalive/nested/page.js', { name: 'nested/page.js' }],
  ])('%s of %s', (url, whole, place) => {
    expect(placeOf({ url, whole }, known, undefined)).toEqual(place)
  })
})

describe('told where it is', () => {
  test.each([
    ['/keepalive', { redirect: './keepalive/' }],
    ['/keepalive?x', { redirect: './keepalive/' }],
    ['/keepalive/', { name: '' }],
    ['/keepalive/stream?x', { name: 'stream' }],
    ['http://127.0.0.1/keepalive/stream', { name: 'stream' }],
    ['/keepalives', undefined],
    ['/', undefined],
    ['/app/keepalive/', undefined],
    ['*', undefined],
  ])('%s', (url, place) => {
    expect(placeOf({ url }, known, '/keepalive')).toEqual(place)
  })
})

describe('told nothing', () => {
  test.each([
    ['/keepalive/', { name: '' }],
    ['/', { name: '' }],
    ['/keepalive', { redirect: './keepalive/' }],
    ['/a/b/stream?x', { name: 'stream' }],
  ])('%s', (url, place) => {
    expect(placeOf({ url }, known, undefined)).toEqual(place)
  })
})

test.each(['//evil.example', '/\\evil.example', '/javascript:alert(1)', '///'])(
  'a redirect from %s stays on this host',
  (url) => {
    const place = placeOf({ url }, known, undefined)
    if (place && 'redirect' in place)
      expect(new URL(place.redirect, 'http://here.example/x').host).toBe('here.example')
    else expect(place).toEqual({ name: '' })
  },
)
