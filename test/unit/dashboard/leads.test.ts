import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { leadsOf } from '../../../src/dashboard/page/leads.ts'
import { hrefOf, type Route, routeOf } from '../../../src/dashboard/page/route.ts'
import { diagnose } from '../../../src/doctor/diagnose.ts'
import { findingCodes } from '../../../src/findings.ts'
import { examOf } from '../../support/exam.ts'
import { cases } from '../../support/findings.ts'

const html = readFileSync(new URL('../../../src/dashboard/page/index.html', import.meta.url), 'utf8')

const foundBy = (code: (typeof findingCodes)[number]) =>
  diagnose(examOf(cases[code].fires)).find((each) => each.code === code)!

test.each(findingCodes)('%s leads to what is on the page', (code) => {
  for (const { href } of leadsOf(foundBy(code))) {
    if (href.startsWith('#/')) expect(routeOf(href), href).toBeDefined()
    else expect(html).toContain(`<section id="${href.slice(1)}"`)
  }
})

test('a finding that names clients leads to each of them, and to all', () => {
  const leads = leadsOf(foundBy('KEEPALIVE_CLIENT_NEVER_REUSES'))
  expect(leads.map(({ text }) => text)).toEqual(['10.0.3.17', '10.0.3.18', 'all clients that never reuse'])
  expect(leads.map(({ href }) => routeOf(href))).toEqual([
    { place: 'clients', text: '10.0.3.17' },
    { place: 'clients', text: '10.0.3.18' },
    { place: 'clients', kind: 'neverReuses' },
  ])
})

test('names no more than a few of many clients', () => {
  const clients = Array.from({ length: 900 }, (_, i) => ({ address: `192.0.2.${i}` }))
  expect(leadsOf({ ...foundBy('KEEPALIVE_CLIENT_NEVER_REUSES'), evidence: { clients } })).toHaveLength(6)
})

const routes: readonly Route[] = [
  { place: 'clients' },
  { place: 'clients', text: '2001:db8:1:2::/64', kind: 'checksHealth' },
  { place: 'connections' },
  { place: 'connections', client: '<img src=x>&state=#%', state: 'lost' },
  { place: 'connection', id: 123 },
  { place: 'connection', id: 123, worker: 4_711 },
]

test.each(routes)('%j survives the URL', (route) => {
  const { hash } = new URL(hrefOf(route), 'http://page/')
  expect(routeOf(hash)).toEqual(route)
})

test.each([
  '',
  '#',
  '#gaps',
  '#/',
  '#/connection/',
  '#/connection/x',
  '#/connection/1e9',
  '#/other?client=1',
])('%j is no route', (hash) => expect(routeOf(hash)).toBeUndefined())

test('what does not make sense in a route is left out', () => {
  expect(routeOf('#/connections?state=__proto__&client=&x=1')).toEqual({ place: 'connections' })
  expect(routeOf('#/clients?kind=toString')).toEqual({ place: 'clients' })
  for (const worker of ['x', '', '-1', '1e9', '12345678901'])
    expect(routeOf(`#/connection/5?worker=${worker}`)).toEqual({ place: 'connection', id: 5 })
})
