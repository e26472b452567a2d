import { closeSync, openSync, readSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'
import { quote } from '../../errors.ts'
import { cut, printable } from '../../words.ts'
import { UsageError } from '../failure.ts'

/** The largest file, in bytes: all authorities of a system take about 220 kB. */
const longest = 4_194_304

/** Files in PEM. */
export interface TlsFiles {
  readonly cacert: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

/**
 * Reads the files of `--cacert`, `--cert` and `--key`; `undefined` without any.
 *
 * @throws UsageError
 */
export function readTlsFiles({ cacert, cert, key }: TlsFiles): SecureContext | undefined {
  if (cacert === undefined && cert === undefined && key === undefined) return undefined
  if (key !== undefined && cert === undefined)
    throw new UsageError('--key is given without --cert', 'name the certificate of this key')
  const ca = cacert === undefined ? undefined : read('--cacert', cacert)
  const chain = cert === undefined ? undefined : read('--cert', cert)
  // As in curl, one file may hold both.
  const own = key === undefined ? chain : read('--key', key)
  try {
    return createSecureContext({ ...(ca && { ca }), ...(chain && { cert: chain, key: own }) })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new UsageError(
      `the files of --cacert, --cert and --key cannot be used (${printable(cut(code ?? message, 80))})`,
      'each must be PEM, and the key must belong to the certificate and have no passphrase',
    )
  }
}

function read(flag: string, path: string): Buffer {
  try {
    const file = openSync(path, 'r')
    try {
      const bytes = Buffer.alloc(longest + 1)
      let length = 0
      for (let more = -1; more !== 0 && length <= longest; length += more) {
        more = readSync(file, bytes, length, bytes.length - length, null)
      }
      if (length <= longest) return bytes.subarray(0, length)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    throw new UsageError(`${flag}: the file ${quote(path)} cannot be read (${code})`, 'name a file in PEM')
  }
  throw new UsageError(`${flag}: the file ${quote(path)} has more than 4 MiB`, 'name a file in PEM')
}
