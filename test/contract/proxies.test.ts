import { createServer } from 'node:http'
import { expect, it } from 'vitest'
import { type NumberedProxyId, type ProxyId, proxies } from '../../src/policy/proxies.ts'
import { makeKit } from '../support/kit.ts'
import { RawClient } from '../support/raw.ts'
import { serve } from '../support/server.ts'

const ids = Object.keys(proxies) as NumberedProxyId[]

it.each(ids)('behind %s the timeouts are in the right order, and Node takes them', async (id) => {
  const { layer, idleTimeout } = proxies[id]
  const { kit } = makeKit({ behind: id as ProxyId })
  const { server, port } = await serve((_req, res) => void res.end('ok'), kit.attach)
  const { keepAliveTimeout, headersTimeout, requestTimeout } = server
  const { keepAliveTimeoutBuffer } = kit.policy

  if (layer === 7) {
    expect(keepAliveTimeout).toBeGreaterThan(idleTimeout)
    expect(headersTimeout).toBeGreaterThan(idleTimeout)
  } else {
    expect(keepAliveTimeout + keepAliveTimeoutBuffer).toBeLessThan(idleTimeout)
  }
  // Otherwise Node swaps the two; 0 would be none.
  expect(requestTimeout).toBeGreaterThanOrEqual(headersTimeout)
  expect(headersTimeout).toBeGreaterThanOrEqual(keepAliveTimeout)

  // The constructor refuses what assignment lets pass.
  const options = { keepAliveTimeout, headersTimeout, requestTimeout, keepAliveTimeoutBuffer }
  expect(() => createServer(options)).not.toThrow()

  // The idle timer is armed with both; a value beyond its limit would fire at once.
  const client = await RawClient.open({ port })
  const { headers } = await client.get()
  expect(headers['keep-alive']).toBe(`timeout=${Math.floor(keepAliveTimeout / 1_000)}`)
  expect((await client.get()).status).toBe(200)
  client.close()
})
