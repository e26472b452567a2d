import { generate } from 'selfsigned'

let made: Promise<{ key: string; cert: string }> | undefined

/** A key and a certificate for localhost, created once per test process. */
export function certificate(): Promise<{ key: string; cert: string }> {
  made ??= generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 }).then((pems) => ({
    key: pems.private,
    cert: pems.cert,
  }))
  return made
}
