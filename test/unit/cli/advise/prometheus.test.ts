import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { fromPrometheus } from '../../../../src/cli/advise/prometheus.ts'
import { Failure } from '../../../../src/cli/failure.ts'
import { listen, stop } from '../../../support/server.ts'

async function read(result: readonly unknown[]) {
  const answer = JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })
  const server = createServer((_req, res) => void res.end(answer))
  onTestFinished(() => stop(server))
  const url = `http://127.0.0.1:${await listen(server)}`
  return fromPrometheus({ url, range: 3_600_000, matchers: '', prefix: 'keepalive_' })
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
