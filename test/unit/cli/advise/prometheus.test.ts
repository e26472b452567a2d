import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { fromPrometheus } from '../../../../src/cli/advise/prometheus.ts'
import { Failure } from '../../../../src/cli/failure.ts'
import { listen, stop } from '../../../support/server.ts'

const options = { range: 3_600_000, matchers: '', prefix: 'keepalive_' }

async function read(result: readonly unknown[]) {
  const answer = JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })
  const server = createServer((_req, res) => void res.end(answer))
  onTestFinished(() => stop(server))
  const url = `http://127.0.0.1:${await listen(server)}`
  return fromPrometheus({ url, ...options })
}

test.each([
  [{}],
  [null],
  [{ metric: null, values: [] }],
  [{ metric: { le: {} }, values: [] }],
  [{ metric: {}, values: {} }],
  [{ metric: {}, values: [null] }],
  [{ metric: {}, values: [[1, null]] }],
])('what is no series is refused in words: %j', async (series) => {
  await expect(read([series])).rejects.toThrow(Failure)
})

test('an outcome that is not known counts for nothing', async () => {
  const { source } = await read([
    { metric: { le: '1', outcome: '__proto__' }, values: [[Date.now() / 1000, '1']] },
  ])
  expect(source).toMatchObject({ reused: [0], clientClosed: [0], cutOff: [0] })
})

test('a port that nobody listens on refuses the connection, in words', async () => {
  const server = createServer()
  const port = await listen(server)
  await stop(server)
  await expect(fromPrometheus({ url: `http://127.0.0.1:${port}`, ...options })).rejects.toThrow(
    `http://127.0.0.1:${port}/api/v1/query_range cannot be reached: connection refused`,
  )
})

test.each([
  ['http://nowhere.invalid', /cannot be reached: (there is no such host name|the host name cannot)/],
  ['http://127.0.0.1:1', /cannot be reached: bad port/],
])('%s cannot be reached, in words', async (url, words) => {
  await expect(fromPrometheus({ url, ...options })).rejects.toThrow(words)
})

test('what is no JSON is said to be none', async () => {
  const server = createServer((_req, res) => void res.end('<html>'))
  onTestFinished(() => stop(server))
  const url = `http://127.0.0.1:${await listen(server)}`
  await expect(fromPrometheus({ url, ...options })).rejects.toThrow('did not answer with JSON')
})
