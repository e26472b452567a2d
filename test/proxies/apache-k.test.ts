import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { AccessLog } from '../../src/cli/advise/logs/access-log.ts'
import { apache } from '../support/proxies.ts'
import { eventually, within } from '../support/within.ts'

/** A request of a connection, and how many follow each other on it. */
interface Case {
  readonly cap: number
  readonly third: string
  /** What the third response says of its connection. */
  readonly closes: boolean
}

const get = (path = '/', more = '', version = '1.1'): string =>
  `GET ${path} HTTP/${version}\r\nHost: test\r\n${more}\r\n`

/** By the rows of the table in docs/logs.md. */
const cases: Readonly<Record<string, Case>> = {
  'keeps the connection': { cap: 100, third: get(), closes: false },
  'closes it because the client sent `Connection: close`': {
    cap: 100,
    third: get('/', 'Connection: close\r\n'),
    closes: true,
  },
  'closes it because of HTTP/1.0 without keep-alive': { cap: 100, third: get('/', '', '1.0'), closes: true },
  "closes it because of `nokeepalive` in Apache's configuration": {
    cap: 100,
    third: get('/once'),
    closes: true,
  },
  'closes it with an error, such as 400': { cap: 100, third: get('/', 'No Header\r\n'), closes: true },
  'closes it because of the cap, `MaxKeepAliveRequests 2`': { cap: 2, third: get(), closes: true },
  'is the last but one before the cap, `MaxKeepAliveRequests 3`': { cap: 3, third: get(), closes: false },
}

const format = '%h "%r" %{remote}p %k %X %{usec}t %D'

/** An Apache that takes so many requests after the first, and how to read its log. */
async function start(cap: number) {
  const { port, accessLog } = await apache(
    ['setenvif'],
    (folder) => `DocumentRoot ${folder}
KeepAliveTimeout 20
MaxKeepAliveRequests ${cap}
SetEnvIf Request_URI ^/once nokeepalive
LogFormat "${format.replaceAll('"', '\\"')}" own
CustomLog ${folder}/access.log own`,
  )
  const log = (): string => readFileSync(accessLog, 'latin1')
  const lines = (): string[][] => [...log().matchAll(/" (\d+) (\d+) (\S) /g)].map(([, ...values]) => values)
  return { port, log, lines }
}

/** Sends one request after the other's response on one connection. @returns the `Connection` header of each response. */
function exchange(port: number, requests: readonly string[]): Promise<(string | undefined)[]> {
  const answered = new Promise<(string | undefined)[]>((done, failed) => {
    const said: (string | undefined)[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(requests[0]!)).on('error', failed)
    // A small response comes in one piece.
    socket.on('data', (bytes) => {
      said.push(/^Connection: (.*)\r$/im.exec(bytes.toString('latin1'))?.[1])
      if (said.length < requests.length) socket.write(requests[said.length]!)
      else done(said)
    })
    socket.once('end', () => failed(new Error(`closed after ${said.length} responses`)))
  })
  return within(10_000, 'the responses', answered)
}

it('docs/logs.md says what Apache logs for a closing response', async () => {
  const page = readFileSync(new URL('../../docs/logs.md', import.meta.url), 'utf8')
  const [, table = ''] = page.split('| the third response | `%k` | `%X` |\n')
  const rows = [...table.split('\n\n')[0]!.matchAll(/^\| (.*) \| (\d) \| `(.)` \|$/gm)]
  expect(rows.map(([, what]) => what)).toEqual(Object.keys(cases))
  const logged = Object.entries(cases).map(async ([what, { cap, third, closes }]) => {
    const { port, lines } = await start(cap)
    const said = await exchange(port, [get(), get(), third])
    expect([what, said[2] === 'close']).toEqual([what, closes])
    await eventually(() => lines().length === 3, `the lines of a response that ${what}`)
    return [what, ...lines()[2]!.slice(1)]
  })
  expect(await Promise.all(logged)).toEqual(rows.map(([, ...cells]) => cells))
})

it('advise reads a log of connections that the cap closes whole', async () => {
  const { port, log, lines } = await start(3)
  for (let connection = 0; connection < 20; connection++) await exchange(port, Array(4).fill(get()))
  await eventually(() => lines().length === 80, 'the lines')
  const reader = new AccessLog({ format, serverTimeout: 20_000 })
  reader.push(Buffer.from(log(), 'latin1'))
  const { intervals, notes } = reader.finish()
  const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0)
  expect(sum(intervals.reused)).toBe(60)
  expect(intervals).toMatchObject({ requests: 80, requestsReused: 60 })
  expect(notes.join()).not.toContain('not in the log')
})
