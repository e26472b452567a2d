import type { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { expect, it } from 'vitest'
import { keepAlive } from '../../src/index.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

setFlagsFromString('--allow-natives-syntax')
/** Whether V8 describes both by one map. */
const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean

const get = 'GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n'

// Sockets of two shapes make every function of Node slower that takes both.
it('sockets have one shape, whether their address was looked up or not', async () => {
  const first: Socket[] = []
  let same = true
  const kit = keepAlive()
  const { port } = await serve((req, res) => {
    if (first.length > 0) {
      same &&= haveSameMap(req.socket, first[0]!)
      res.end('ok')
    } else first.push(req.socket)
  }, kit.attach)
  const waiting = await RawClient.open({ port })
  waiting.write(get)
  const isSample = (): boolean => kit.snapshot().returns.notLookedUp > 10
  for (let opened = 0; opened < 10_000 && (opened % 100 > 0 || !isSample()); opened++) {
    const client = await RawClient.open({ port })
    client.write(get)
    await client.end()
    client.close()
  }
  expect(isSample()).toBe(true)
  expect(same).toBe(true)
  waiting.close()
})
