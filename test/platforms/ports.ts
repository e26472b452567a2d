import { type AddressInfo, createServer } from 'node:net'
import { sleep } from '../support/within.ts'
import { answer } from './load.ts'

/** A port of loopback that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

/** Waits for a first response, on connections that end with it. */
export async function listening(url: string): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    try {
      await answer(url, { agent: false })
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await sleep(20)
    }
  }
}
