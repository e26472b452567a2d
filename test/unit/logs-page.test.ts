import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  type CloseMessage,
  channelNames,
  type IdleMessage,
  type OpenMessage,
  type RequestMessage,
  type WarningMessage,
} from '../../src/channels.ts'
import type { ClosedConnection } from '../../src/closed.ts'
import type { ConnectionInfo } from '../../src/connection/info.ts'
import { closeReasons } from '../../src/reasons.ts'
import { closedLine } from '../../src/reporters/closed-line.ts'
import { registerTokens } from '../../src/reporters/morgan.ts'
import type { ConnectionOutcome, ConnectionProps } from '../../src/reporters/pino.ts'
import type { Warning } from '../../src/warnings.ts'

const page = readFileSync(new URL('../../docs/logs.md', import.meta.url), 'utf8')

/** The text between a heading and the next one. */
const [, closed = '', morgan = '', pino = '', , channels = ''] = page.split(/^## .*$/m)

/** The first cells of the table under a heading. */
function firstCells(section: string, heading: string): string[] {
  const [, table = ''] = section.split(`\n| ${heading} |`)
  const [rows = ''] = table.split('\n\n')
  return rows.match(/(?<=^\| `)[^`]+/gm) ?? []
}

// The compiler checks that these lists are complete.
type Keys<T> = Readonly<Record<keyof T, true>>

const closedKeys: Keys<ClosedConnection> = {
  id: true,
  requests: true,
  reused: true,
  age: true,
  idleAtClose: true,
  closedBy: true,
  reason: true,
  late: true,
  dropped: true,
  bytesRead: true,
  bytesWritten: true,
  remoteAddress: true,
  remotePort: true,
  tls: true,
  protocol: true,
  closedAt: true,
  localAddress: true,
  localPort: true,
  appClose: true,
}
const infoKeys: Keys<ConnectionInfo> = {
  id: true,
  requests: true,
  reused: true,
  age: true,
  idleBefore: true,
  idle: true,
  state: true,
  activeRequests: true,
  peakRequests: true,
  remoteAddress: true,
  remotePort: true,
  tls: true,
  protocol: true,
  bytesRead: true,
  bytesWritten: true,
}
const pinoKeys: Keys<ConnectionProps & ConnectionOutcome> = {
  connectionId: true,
  requestNumber: true,
  connectionReused: true,
  connectionAge: true,
  idleGap: true,
  connectionOutcome: true,
}
const messages: {
  readonly open: Keys<OpenMessage>
  readonly request: Keys<RequestMessage>
  readonly idle: Keys<IdleMessage>
  readonly close: Keys<CloseMessage>
  readonly warning: Keys<WarningMessage>
} = {
  open: { connection: true },
  request: {
    connection: true,
    number: true,
    duration: true,
    method: true,
    url: true,
    status: true,
    outcome: true,
  },
  idle: { connection: true },
  close: { connection: true, policy: true },
  warning: { warning: true },
}
const warningKeys: Keys<Warning> = { code: true, message: true, cause: true }

const codes = (keys: object): string[] => Object.keys(keys).map((key) => `\`${key}\``)

describe('of closed connections', () => {
  const record: ClosedConnection = {
    id: 7,
    requests: 12,
    reused: 11,
    age: 48_211,
    idleAtClose: 30_002,
    closedBy: 'client',
    reason: 'client-idle',
    late: 0,
    dropped: 0,
    bytesRead: 4_821,
    bytesWritten: 98_412,
    remoteAddress: '10.0.3.17',
    remotePort: 41_880,
    tls: null,
    protocol: '1.1',
    closedAt: 1_795_824_788_504,
    localAddress: '10.0.7.4',
    localPort: 3_000,
    appClose: undefined,
  }

  test('the fields and the reasons are those of the code', () => {
    expect(firstCells(closed, 'field')).toEqual(Object.keys(closedKeys))
    expect(firstCells(closed, 'reason')).toEqual(closeReasons)
  })

  test.each(['docs/logs.md', 'README.md'])('%s shows the line as it is printed', (path) => {
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
    expect(text).toContain(`\n\`\`\`text\n${closedLine(record, 'logfmt', 4_711)}\n\`\`\`\n`)
  })
})

test("morgan's tokens and formats are those of the code", () => {
  const tokens: string[] = []
  const formats: string[] = []
  registerTokens({
    token: (name) => tokens.push(`:${name}`),
    format: (name, format) => formats.push(`\`${name}\` … \`${format.replace(/^.*":user-agent" /, '')}\``),
  })
  expect(firstCells(morgan, 'token')).toEqual(tokens)
  const [, listed = ''] = morgan.split('\n| format | meaning |\n| --- | --- |\n')
  expect(listed.trim().split('\n')).toEqual(
    formats.map((format) => expect.stringMatching(rowOf(format.split(' … ')))),
  )
})

/** A row with this beginning and end. */
const rowOf = ([name, end]: readonly string[]): RegExp => new RegExp(`^\\| ${name} \\| .*${end} \\|$`)

test("pino's fields are those of the code", () => {
  expect(firstCells(pino, 'field')).toEqual(Object.keys(pinoKeys))
})

describe('the channels', () => {
  test('are those of the code, with their messages', () => {
    const listed = [...channels.matchAll(/^\| (`.*`) \| .* \| (`.*`) \|$/gm)]
    expect(listed.map(([, name, keys]) => [name, keys])).toEqual(
      Object.entries(channelNames).map(([key, name]) => [
        `\`${name}\``,
        codes(messages[key as keyof typeof messages]).join(', '),
      ]),
    )
  })

  test('tell what is in a connection and in a warning', () => {
    const [, connection = ''] = channels.split(
      '\n- `connection` is the same as the result of `connectionOf(req)`: ',
    )
    expect(connection.split('.')[0]!.match(/`\w+`/g)).toEqual(codes(infoKeys))
    const [, warning = ''] = channels.split('\n- `warning` has ')
    for (const key of codes(warningKeys)) expect(warning).toContain(key)
  })
})

test.each([
  'docs/logs.md',
  'src/closed.ts',
  'src/connection/facts.ts',
  'src/connection/info.ts',
  'src/reporters/morgan.ts',
  'src/reporters/pino.ts',
])("%s says how Apache's %k differs", (file) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').replace(/\n(?: *\*)? */g, ' ')
  const sentence =
    "On a response that closes the connection, Apache's `%k` repeats the previous number, unless Apache's own cap closes it"
  // Without the heading.
  const mentions = text.match(/Apache's `%k`(?! and)/g)!.length
  expect(text.split(sentence).length - 1).toBe(mentions)
  expect(text).toContain('#apaches-k-and-x')
})
