import { createWriteStream, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { expect, it } from 'vitest'
import { explainLog } from '../../../../src/cli/explain/explain.ts'
import { lineOf, recordOf, start } from '../../../support/closed-record.ts'
import { liveBytes } from '../../../support/collect.ts'
import { scratch } from '../../../support/proxies.ts'

const batch = 100

/** One connection in ten fails; each has a record. */
async function write(folder: string, connections: number): Promise<void> {
  const log = createWriteStream(join(folder, 'log'))
  const records = createWriteStream(join(folder, 'records'))
  for (let i = 0; i < connections; i++) {
    const time = new Date(start + i * 40).toISOString()
    const port = 20_000 + (i % 40_000)
    const [status, flags] = i % 10 === 0 ? ['503', 'UC'] : ['200', '-']
    log.write(
      `[${time}] "POST /request/${i} HTTP/1.1" ${status} ${flags} 154 0 0 - "-" "an agent of some length" "id-${i}" "example.com" "10.0.0.5:3000" 10.0.0.1:${port}\n`,
    )
    records.write(
      `${lineOf(recordOf({ id: i + 1, remotePort: port, closedAt: start + i * 40, age: 900 }))}\n`,
    )
  }
  await Promise.all([log, records].map((stream) => finished(stream.end())))
}

/** The live bytes beyond those before, at most; those of the files; and how much was explained. */
async function measure(connections: number): Promise<{ live: number; files: number; exact: number }> {
  const folder = scratch('explain-memory-')
  await write(folder, connections)
  let exact = 0
  let live = 0
  const given = {
    log: join(folder, 'log'),
    records: [join(folder, 'records')],
    format: undefined,
    proxy: undefined,
  }
  const before = await liveBytes()
  await explainLog(
    given,
    async (explained) => {
      exact += explained.filter(({ certainty }) => certainty === 'exact').length
      live = Math.max(live, (await liveBytes()) - before)
    },
    batch,
  )
  const files = statSync(given.log).size + statSync(given.records[0]!).size
  return { live, files, exact }
}

it('memory does not grow with the files', { timeout: 60_000 }, async () => {
  // Code that is compiled at its first use is no growth.
  await measure(1_000)
  const small = await measure(1_000)
  const large = await measure(8_000)
  expect(small.exact).toBe(100)
  expect(large.exact).toBe(800)
  // Live bytes vary by some hundred kilobytes, as V8 compiles.
  expect(large.live - small.live).toBeLessThan((large.files - small.files) / 4)
})

it('a failure does not hold the part of the log that it was read from', { timeout: 60_000 }, async () => {
  const path = join(scratch('explain-memory-'), 'log')
  const head = '2026/11/28 00:13:08'
  const failure = `${head} [error] 1#1: *2 upstream prematurely closed connection while reading response header from upstream, client: 10.9.8.7, server: , request: "POST /a/request/of/some/length HTTP/1.1", upstream: "http://10.0.0.5:3000/a", host: "example.com"\n`
  const other = `${head} [info] 1#1: *1 client 127.0.0.1 closed keepalive connection, and more\n`
  const parts = 300
  const part = failure + other.repeat(66_000 / other.length)
  writeFileSync(path, part.repeat(parts))
  const before = await liveBytes()
  let live = 0
  let failures = 0
  await explainLog({ log: path, records: [], format: undefined, proxy: undefined }, async (explained) => {
    failures = explained.length
    live = (await liveBytes()) - before
  })
  expect(failures).toBe(parts)
  expect(live).toBeLessThan((part.length * parts) / 8)
})

it('a line without an end is not held', async () => {
  const path = join(scratch('explain-memory-'), 'log')
  writeFileSync(path, 'a'.repeat(20 * 2 ** 20))
  await expect(
    explainLog({ log: path, records: [], format: undefined, proxy: undefined }, async () => {}),
  ).rejects.toThrow(/is empty|not known|none of/)
})
