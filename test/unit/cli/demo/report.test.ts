import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ClientReport } from '../../../../src/cli/demo/report.ts'
import { plainLook } from '../../../../src/cli/look.ts'
import { widthOf } from '../../../../src/cli/text.ts'
import type { ClosedConnection } from '../../../../src/closed.ts'
import { coloredAt, plainAt, widths } from '../../../support/looks.ts'

const names = ['a pool', 'a new client per request', 'nobody']

function reported(clients: readonly [name: string, connections: number, requests: number][]): ClientReport {
  const report = new ClientReport()
  let id = 0
  for (const [name, connections, requests] of clients)
    for (let i = 0; i < connections; i++) {
      report.saw(++id, name)
      report.closed({
        id,
        requests,
        reused: requests - 1,
        closedBy: i % 3 === 0 ? 'server' : 'client',
        reason: i % 3 === 0 ? 'max-requests' : 'client-idle',
      } as ClosedConnection)
    }
  return report
}

const wasteful = reported([
  ['a pool', 3, 16],
  ['a new client per request', 20, 1],
])

describe.each(widths)('in %d columns', (width) => {
  test('the report fits, in colors or not', () => {
    const lines = wasteful.lines(names, plainAt(width))
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width)
    expect(lines.join('\n')).toMatchSnapshot()
    expect(wasteful.lines(names, coloredAt(width)).map(stripVTControlCharacters)).toEqual(lines)
  })
})

test('names the client that never reuses, and what to do', () => {
  const text = wasteful.lines(names, plainLook).join('\n')
  expect(text).toMatch(
    /^\nWARNING: "a new client per request" never reuses a connection: 20 connections for 20/,
  )
  expect(text).toMatch(/\nWhat to do\n- In "a new client per request", make the client object once/)
})

test('has nothing to say where all reuse', () => {
  const text = reported([['a pool', 3, 16]])
    .lines(names, plainLook)
    .join('\n')
  expect(text).toMatch(/^\nPASS: /)
  expect(text).not.toContain('What to do')
})

test('a few connections without reuse are no habit', () => {
  expect(reported([['a new client per request', 9, 1]]).lines(names, plainLook)[1]).toMatch(/^PASS: /)
})
