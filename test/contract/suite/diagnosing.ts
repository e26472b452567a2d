import type { Server } from 'node:http'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { Finding } from '../../../src/index.ts'
import type { Bench } from './bench.ts'

const warningsAndErrors = (findings: readonly Finding[]): string[] =>
  findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code)

/** What the doctor says of a server that the kit is on, and of what somebody does to it afterwards. */
export function diagnosing(bench: Bench): void {
  it('finds nothing wrong with a server that nobody has touched', async () => {
    const { kit, client } = await bench.start()
    await (await client()).get()
    expect(kit.diagnose()).toEqual([])
  })

  it('says of a kit without a server that it has none, until the first request', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => warnings.mockRestore())
    const { kit } = await bench.start()
    const isAttached = bench.framework.attaches === 'when the app is made'
    expect(warningsAndErrors(kit.diagnose())).toEqual(isAttached ? [] : ['KEEPALIVE_NOT_ATTACHED'])
  })

  it('sees what was done to the server, and tells of it once', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const { kit, server, client } = await bench.start()
    await (await client()).get()
    const live = server as { -readonly [Name in keyof Server]: unknown }
    live.keepAliveTimeout = '65000'
    Object.assign(server, { headersTimeout: 600_000, requestTimeout: 300_000 })
    server.maxRequestsPerSocket = 100
    server.setTimeout(1_000, () => {})
    Object.assign(server, { connectionsCheckingInterval: 77 })
    const found = [kit.diagnose(), kit.diagnose()].map(warningsAndErrors)
    const wanted = [
      'KEEPALIVE_TIMEOUT_NOT_A_NUMBER',
      'KEEPALIVE_TIMEOUT_CHANGED',
      'KEEPALIVE_TIMEOUTS_SWAPPED',
      'KEEPALIVE_CHECKING_INTERVAL_IGNORED',
      'KEEPALIVE_TIMEOUT_LISTENER',
      'KEEPALIVE_MAX_REQUESTS_PER_SOCKET',
    ]
    expect(found).toEqual([wanted, wanted])
    const told = warnings.mock.calls.map(([text, options]) => ({ text, ...(options as object) }))
    warnings.mockRestore()
    expect(told).toMatchObject(wanted.map((code) => ({ code, type: 'KeepAliveWarning' })))
    for (const [i, { text }] of told.entries())
      expect(text).toContain(`(keepalive-kit/docs/findings/${wanted[i]}.md)`)
    expect(told[0]!.text).toContain('keepAliveTimeout is "65000" (string)')
  })

  it('leaves out what is silenced, and what it has left', async () => {
    const { kit, server, client } = await bench.start({ silence: ['KEEPALIVE_MAX_REQUESTS_PER_SOCKET'] })
    await (await client()).get()
    server.maxRequestsPerSocket = 100
    expect(kit.diagnose()).toEqual([])
    kit.detach()
    server.keepAliveTimeout = 1
    expect(kit.diagnose()).toEqual([])
  })
}
