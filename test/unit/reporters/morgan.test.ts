import express from 'express'
import morgan from 'morgan'
import { expect, it, onTestFinished } from 'vitest'
import { registerTokens } from '../../../src/reporters/morgan.ts'
import { makeKit, type TestKit } from '../../support/kit.ts'
import { RawClient } from '../../support/raw.ts'
import { serve } from '../../support/server.ts'
import { eventually, sleep } from '../../support/within.ts'

const all = ':connection-id :request-number :connection-reused :connection-age :idle-gap :connection-outcome'

interface Logged extends TestKit {
  readonly port: number
  readonly lines: string[]
  line(nth: number): Promise<string>
}

/** An app that logs in a format, with its own server. */
async function logged(
  format: string,
  options: Parameters<typeof makeKit>[0] & { attached?: boolean; immediate?: boolean } = {},
): Promise<Logged> {
  const { attached = true, immediate = false, ...kitOptions } = options
  const testKit = makeKit(kitOptions)
  const lines: string[] = []
  const app = express()
  const stream = { write: (line: string): number => lines.push(line) }
  app.use(registerTokens(morgan)(format, { stream, immediate }))
  app.get('/slow', (_req, res) => void setTimeout(() => res.send('slow'), 30))
  app.get('/stuck', (_req, res) => void res.write('a part'))
  app.get('/late', (req, res) => {
    res.send('ok')
    morgan(format, { stream })(req, res, () => {})
  })
  app.use((_req, res) => void res.send('ok'))
  const { port } = await serve(app, attached ? testKit.kit.attach : () => {})
  return {
    ...testKit,
    port,
    lines,
    async line(nth) {
      await eventually(() => lines.length >= nth, `line ${nth}`)
      return lines[nth - 1]!.trimEnd()
    },
  }
}

async function open(port: number): Promise<RawClient> {
  const client = await RawClient.open({ port })
  onTestFinished(() => client.close())
  return client
}

it('logs number, reuse, age, idle gap and outcome of each request', async () => {
  const { port, line, kit } = await logged(all, { maxRequests: 3 })
  const client = await open(port)
  await client.get()
  const { id } = kit.connections()[0]!
  await sleep(40)
  await client.get('/slow')
  await client.get()
  const [first, second, third] = [await line(1), await line(2), await line(3)]
  expect(first).toMatch(new RegExp(`^${id} 1 0 \\d+ 0 \\+$`))
  expect(second).toMatch(new RegExp(`^${id} 2 1 \\d+ \\d+ \\+$`))
  expect(third).toMatch(new RegExp(`^${id} 3 2 \\d+ \\d+ -$`))
  const [age, idleGap] = second.split(' ').slice(3).map(Number) as [number, number]
  expect(idleGap).toBeGreaterThanOrEqual(35)
  expect(age).toBeGreaterThanOrEqual(idleGap + 28)
})

it('logs each of several pipelined requests with its own values', async () => {
  const { port, line } = await logged(':url :request-number :connection-reused :connection-outcome')
  const client = await open(port)
  const paths = ['/a', '/slow', '/c', '/slow', '/e']
  client.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`).join(''))
  await client.until(paths.length)
  await line(paths.length)
  for (const [i, path] of paths.entries()) expect(await line(i + 1)).toBe(`${path} ${i + 1} ${i} +`)
})

it('gives the values at the end of the response, also later', async () => {
  const { port, line } = await logged(':url :request-number')
  const client = await open(port)
  client.write(['/late', '/next'].map((path) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`).join(''))
  await client.until(2)
  await line(3)
  const lines = [await line(1), await line(2), await line(3)]
  expect(lines.sort()).toEqual(['/late 1', '/late 1', '/next 2'])
})

it.each([
  ['the client asks to close', 'GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n', '-'],
  ['HTTP/1.0 is not kept', 'GET / HTTP/1.0\r\n\r\n', '-'],
  ['HTTP/1.0 is kept', 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', '+'],
  ['HEAD', 'HEAD / HTTP/1.1\r\nHost: test\r\n\r\n', '+'],
])('outcome when %s', async (_, bytes, outcome) => {
  const { port, line } = await logged(':request-number :connection-outcome')
  const client = await open(port)
  client.write(bytes)
  expect(await line(1)).toBe(`1 ${outcome}`)
})

it.each([
  ['FIN', (client: RawClient) => client.close()],
  ['RST', (client: RawClient) => client.reset()],
])('outcome X when the client aborts by %s', async (_, abort) => {
  const { port, line } = await logged(':request-number :connection-outcome')
  const client = await open(port)
  await client.get()
  client.write('GET /stuck HTTP/1.1\r\nHost: test\r\n\r\n')
  await eventually(() => client.text.includes('a part'), 'a part')
  abort(client)
  expect(await line(2)).toBe('2 X')
})

it('has no outcome if morgan logs at once', async () => {
  const { port, line } = await logged(':request-number :connection-outcome', { immediate: true })
  const client = await open(port)
  await client.get()
  expect(await line(1)).toBe('1 -')
})

it('writes - without a record', async () => {
  const { port, line } = await logged(all, { attached: false })
  const client = await open(port)
  await client.get()
  expect(await line(1)).toBe('- - - - - -')
})

it.each([
  ['apache-keepalive', ' 0 +', ' 1 +'],
  ['nginx-keepalive', ' <id> 1', ' <id> 2'],
])('%s is combined, and its own', async (format, ...ends) => {
  const { port, line, kit } = await logged(format)
  const client = await open(port)
  await client.get('/path?query', 'User-Agent: agent/1\r\nReferer: http://a.test/\r\n')
  await client.get('/path?query', 'User-Agent: agent/1\r\nReferer: http://a.test/\r\n')
  for (const [i, end] of ends.entries()) {
    const written = (await line(i + 1)).replace(/\[.*?\]/, '[date]').replace(/^\S+/, 'address')
    expect(written).toBe(
      `address - - [date] "GET /path?query HTTP/1.1" 200 2 "http://a.test/" "agent/1"${end.replace('<id>', String(kit.connections()[0]!.id))}`,
    )
  }
})

it.each(['apache-keepalive', 'nginx-keepalive'])('%s stays one line for any input', async (format) => {
  const { port, line, lines } = await logged(format)
  const client = await open(port)
  await client.get('/%0d%0a?"', 'User-Agent: "\x85\xff\t\\ + + +\r\nReferer: " 9 9\r\n')
  await line(1)
  expect(lines).toHaveLength(1)
  // biome-ignore lint/complexity/useRegexLiterals: a literal would hide the pattern.
  expect(lines[0]).toMatch(new RegExp('^[^\\n\\r\\u0085\\u2028\\u2029]+\\n$'))
})
