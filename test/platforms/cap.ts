import { expect } from 'vitest'
import { RawClient } from '../support/raw.ts'

/** Holds that a server behind an AWS ALB answers 20 requests on a connection, and says close with the last. */
export async function expectExactCap(port: number, path = '/'): Promise<void> {
  const client = await RawClient.open({ port })
  for (let i = 1; i <= 20; i++) {
    const { status, headers } = await client.get(path)
    expect({ i, status, hint: headers['keep-alive'], connection: headers.connection }).toEqual(
      i < 20
        ? { i, status: 200, hint: `timeout=65, max=${20 - i}`, connection: 'keep-alive' }
        : { i, status: 200, hint: undefined, connection: 'close' },
    )
  }
  expect(await client.end()).toBe('FIN')
  client.close()
}
