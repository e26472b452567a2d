import { createServer } from 'node:https'
import { createSecureContext } from 'node:tls'
import { generate } from 'selfsigned'
import { expect, it, onTestFinished } from 'vitest'
import { ProbeFailure } from '../../src/probe/failure.ts'
import { findTarget } from '../../src/probe/target.ts'
import { probeAt } from '../support/probe.ts'
import { listen, stop } from '../support/server.ts'

/** What a certificate names. */
type AltName = { readonly type: 2; readonly value: string } | { readonly type: 7; readonly ip: string }

const localhost: AltName = { type: 2, value: 'localhost' }
const loopback: AltName = { type: 7, ip: '127.0.0.1' }
const day = 86_400_000

/** Probes a server that has such a certificate, by a client that trusts it. @returns what fails, or `''`. */
async function probed(host: string, altName: AltName, from = -day, to = day): Promise<string> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'test' }], {
    keySize: 2048,
    notBeforeDate: new Date(Date.now() + from),
    notAfterDate: new Date(Date.now() + to),
    extensions: [{ name: 'subjectAltName', altNames: [altName] }],
  })
  const server = createServer({ key, cert }, (_req, res) => res.end('ok'))
  server.keepAliveTimeout = 100
  const port = await listen(server)
  onTestFinished(() => stop(server))
  const target = await findTarget(`https://${host}:${port}/`, async () => '127.0.0.1')
  const options = {
    target,
    insecure: false,
    secureContext: createSecureContext({ ca: cert }),
    maxWait: 2_000,
  }
  return probeAt(port, options).then(
    () => '',
    (error: unknown) => {
      if (error instanceof ProbeFailure) return error.message
      throw error
    },
  )
}

it('a certificate is for the name or the address of the URL', async () => {
  expect(await Promise.all([probed('localhost', localhost), probed('127.0.0.1', loopback)])).toEqual(['', ''])
  const others = await Promise.all([
    probed('127.0.0.1', localhost),
    probed('localhost', loopback),
    probed('other.test', localhost),
  ])
  for (const message of others)
    expect(message).toMatch(
      /^127\.0\.0\.1:\d+ has a certificate for other hosts than that of the URL \(ERR_TLS_CERT_ALTNAME_INVALID\); probe it by a host that it names, or --insecure measures anyway$/,
    )
})

it('one that is not valid now cannot be trusted by --cacert', async () => {
  const [expired, early] = await Promise.all([
    probed('localhost', localhost, -2 * day, -day),
    probed('localhost', localhost, day, 2 * day),
  ])
  expect(expired).toMatch(
    /^127\.0\.0\.1:\d+ has a certificate that has expired \(CERT_HAS_EXPIRED\); renew it, or --insecure measures anyway$/,
  )
  expect(early).toMatch(
    / has a certificate that is not valid yet \(CERT_NOT_YET_VALID\); check the clocks, or --insecure /,
  )
})
