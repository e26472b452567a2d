import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Explained } from '../../src/explain/join.ts'
import { run } from '../support/command.ts'
import { post, Server } from '../support/explained-failures.ts'
import { freePort, haproxy, scratch } from '../support/proxies.ts'
import { sleep } from '../support/within.ts'

const instances = 3

it('a rolling restart without a wait is told apart by instance, exactly', { timeout: 60_000 }, async () => {
  const folder = scratch('explain-')
  const ports = await Promise.all(Array.from({ length: instances }, freePort))
  const servers = ports.map((port, i) => new Server(port, join(folder, `records-${i}`)))
  for (const server of servers) await server.start()
  const { port, errors } = await haproxy(
    `  log stderr format raw local0
  option httplog
  log-format "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r %bi:%bp %si:%sp"
  default_backend app`,
    `backend app\n  retries 0\n  http-reuse always\n  balance roundrobin\n${ports.map((each, i) => `  server s${i} 127.0.0.1:${each}`).join('\n')}`,
  )
  let over = false
  let failed = 0
  const client = async (): Promise<void> => {
    for (let i = 0; !over; i++) {
      const status = await post(port, `/${i % 10 === 0 ? 'never' : 'ok'}?${i}`, 400)
      if (status >= 500) failed++
      await sleep(5)
    }
  }
  const clients = Promise.all(Array.from({ length: 8 }, client))
  for (const server of servers) {
    await sleep(500)
    server.terminate()
    await server.ended()
    await server.start()
  }
  await sleep(500)
  over = true
  await clients
  for (const server of servers) {
    server.terminate()
    await server.ended()
  }
  writeFileSync(join(folder, 'log'), errors())
  const records = ports.flatMap((_, i) => ['--records', join(folder, `records-${i}`)])
  const { code, out, errors: complaints } = await run('explain', join(folder, 'log'), ...records, '--json')
  expect({ code, complaints }).toEqual({ code: 0, complaints: '' })
  const { failures } = JSON.parse(out) as { failures: Explained[] }
  const tally: Record<string, number> = {}
  for (const { cause, certainty } of failures)
    tally[`${cause} ${certainty}`] = (tally[`${cause} ${certainty}`] ?? 0) + 1
  console.log(`rolling restart: ${failures.length} failures, ${failed} seen`, tally)
  expect(Object.keys(tally).filter((key) => !/^(?:refused|drain|restart) exact$/.test(key))).toEqual([])
  expect(failures.length).toBeGreaterThanOrEqual(failed)
  expect(tally['refused exact']).toBeGreaterThan(0)
})
