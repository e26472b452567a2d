import express from 'express'
import { type Options, pinoHttp } from 'pino-http'
import { expect, it, onTestFinished } from 'vitest'
import { connectionProps, withOutcome } from '../../../src/reporters/pino.ts'
import { makeKit, type TestKit } from '../../support/kit.ts'
import { RawClient } from '../../support/raw.ts'
import { serve } from '../../support/server.ts'
import { eventually, sleep } from '../../support/within.ts'

type Line = Record<string, unknown> & { msg: string }

interface Logged extends TestKit {
  readonly client: RawClient
  /** Waits for that many lines. */
  until(count: number): Promise<Line[]>
  readonly raw: string[]
}

/** An app with pino-http, and a client. */
async function logged(options: Options = {}, attached = true): Promise<Logged> {
  const testKit = makeKit({ maxRequests: 3 })
  const raw: string[] = []
  const stream = { write: (line: string): number => raw.push(line) }
  const app = express()
  app.use(
    pinoHttp(
      {
        customProps: connectionProps,
        customSuccessObject: withOutcome,
        customErrorObject: withOutcome,
        ...options,
      },
      stream,
    ),
  )
  app.get('/talk', (req, res) => {
    req.log.info('talking')
    res.send('ok')
  })
  app.get('/slow', (_req, res) => void setTimeout(() => res.send('slow'), 30))
  app.get('/stuck', (_req, res) => void res.write('a part'))
  app.get('/fail', (_req, res) => void res.sendStatus(500))
  app.use((_req, res) => void res.send('ok'))
  const { port } = await serve(app, attached ? testKit.kit.attach : () => {})
  const client = await RawClient.open({ port })
  onTestFinished(() => client.close())
  return {
    ...testKit,
    client,
    raw,
    async until(count) {
      await eventually(() => raw.length >= count, `${count} lines`)
      return raw.map((line) => JSON.parse(line))
    },
  }
}

it('adds the facts of its request to the completed line', async () => {
  const { client, until, kit } = await logged()
  await client.get()
  const { id } = kit.connections()[0]!
  await sleep(40)
  await client.get('/fail')
  await client.get()
  const [first, second, third] = await until(3)
  expect(first).toMatchObject({
    msg: 'request completed',
    connectionId: id,
    requestNumber: 1,
    connectionReused: 0,
    idleGap: 0,
    connectionOutcome: '+',
  })
  expect(second).toMatchObject({
    msg: 'request errored',
    requestNumber: 2,
    connectionReused: 1,
    connectionOutcome: '+',
  })
  expect(second!.idleGap).toBeGreaterThanOrEqual(35)
  expect(second!.connectionAge).toBeGreaterThanOrEqual(second!.idleGap as number)
  expect(third).toMatchObject({ requestNumber: 3, connectionReused: 2, connectionOutcome: '-' })
})

it('writes each fact once', async () => {
  const { client, until, raw } = await logged()
  await client.get('/slow')
  await until(1)
  for (const key of ['connectionId', 'requestNumber', 'connectionAge', 'connectionOutcome'])
    expect(raw[0]!.split(`"${key}":`)).toHaveLength(2)
})

it('adds the facts to lines of the handler', async () => {
  const { client, until } = await logged()
  await client.get('/talk')
  const [talking] = await until(2)
  expect(talking).toMatchObject({ msg: 'talking', requestNumber: 1, connectionReused: 0 })
  expect(talking).not.toHaveProperty('connectionOutcome')
})

it('adds the facts to the completed line of a quiet logger', async () => {
  const { client, until } = await logged({ quietReqLogger: true, quietResLogger: true })
  await client.get()
  expect((await until(1))[0]).toMatchObject({ requestNumber: 1, connectionOutcome: '+' })
})

it('adds the right facts to each of several pipelined requests', async () => {
  const { client, until } = await logged()
  client.write(['/a', '/slow', '/c'].map((path) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`).join(''))
  await client.until(3)
  expect(
    (await until(3)).map(({ req, requestNumber, connectionOutcome }) => [
      (req as { url: string }).url,
      requestNumber,
      connectionOutcome,
    ]),
  ).toEqual([
    ['/a', 1, '+'],
    ['/slow', 2, '+'],
    ['/c', 3, '-'],
  ])
})

it('reports an abort', async () => {
  const { client, until } = await logged()
  client.write('GET /stuck HTTP/1.1\r\nHost: test\r\n\r\n')
  await eventually(() => client.text.includes('a part'), 'a part')
  client.close()
  expect((await until(1))[0]).toMatchObject({
    msg: 'request aborted',
    requestNumber: 1,
    connectionOutcome: 'X',
  })
})

it('adds nothing without a record', async () => {
  const { client, until } = await logged({}, false)
  await client.get()
  expect(Object.keys((await until(1))[0]!)).not.toContainEqual(
    expect.stringMatching(/^(connection|idle|requestN)/),
  )
})

it('stays one line for any input', async () => {
  const { client, until, raw } = await logged()
  await client.get('/%0d%0a?"', 'User-Agent: "\x85\xff\t\\},"requestNumber":9\r\n')
  expect((await until(1))[0]).toMatchObject({ requestNumber: 1 })
  expect(raw[0]).toMatch(/^[^\n\r]+\n$/)
})
