import type { IncomingMessage } from 'node:http'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { dashboard } from '../../src/dashboard/dashboard.ts'
import { KeepAliveError, keepAlive } from '../../src/index.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

/** Everything that a logger may print of an error. */
function printed(error: KeepAliveError): string {
  const { message, stack, rule, remedy, cause } = error
  return [
    message,
    stack,
    rule,
    remedy,
    inspect(cause),
    inspect(error, { depth: 10 }),
    inspect(error, { depth: 10, showHidden: true }),
    JSON.stringify(error),
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
    JSON.stringify({ ...error }),
  ].join('\n')
}

const mistakes: readonly [string, (req: IncomingMessage) => unknown][] = [
  ['the request as options', (req) => keepAlive(req as never)],
  ['the headers as options', (req) => keepAlive(req.headers as never)],
  ['the request as an option', (req) => keepAlive({ behind: req } as never)],
  ['the headers as an option', (req) => keepAlive({ reduceTimeouts: req.headers } as never)],
  ['the request as a server', (req) => keepAlive().attach(req as never)],
  ['the request as a kit', (req) => dashboard(req as never)],
]

it.each(mistakes)('an error about %s shows no header', async (_, make) => {
  const errors: unknown[] = []
  const { port } = await serve(
    (req, res) => {
      try {
        make(req)
      } catch (error) {
        errors.push(error)
      }
      res.end()
    },
    () => {},
  )
  const client = await RawClient.open({ port })
  client.write(
    'GET / HTTP/1.1\r\nAuthorization: Bearer secret-token\r\nCookie: secret-cookie\r\nHost: secret-host\r\n\r\n',
  )
  await client.until(1)
  client.close()
  const [error] = errors
  expect(error).toBeInstanceOf(KeepAliveError)
  expect(printed(error as KeepAliveError)).not.toContain('secret-')
  expect((error as KeepAliveError).value, 'whoever asks for the value has it').toBeDefined()
})
