import { cut, duration, printable } from '../words.ts'

/** The probe waits at most this long for a handshake or a response, in ms. */
export const longestAnswer = 10_000

/** Why a measurement failed: one line, safe to print, without a full stop at the end. */
export class ProbeFailure extends Error {
  static {
    ProbeFailure.prototype.name = 'ProbeFailure'
  }
}

/** Ctrl-C stopped the probe. */
export class Interrupted extends Error {
  static {
    Interrupted.prototype.name = 'Interrupted'
  }
}

/**
 * Something did not come within its time.
 *
 * @param maxWait - the limit of the whole step: near its end less time is left.
 */
export function tooSlow(what: string, ms: number, maxWait: number): ProbeFailure {
  if (ms < Math.min(longestAnswer, maxWait)) {
    return new ProbeFailure(
      `${what} did not come within ${duration(maxWait)}, the time of the whole step; raise --max-wait`,
    )
  }
  return new ProbeFailure(`${what} did not come within ${duration(ms)}`)
}

/** @param most - the limit of a body, in bytes. */
export function tooLong(most: number): ProbeFailure {
  return new ProbeFailure(
    `the response is longer than ${most} bytes; name a smaller resource, or use --method HEAD`,
  )
}

/** The error of a socket in words. */
export function socketFailure(
  error: NodeJS.ErrnoException,
  { target: { where }, http2 }: SocketUse,
  secured: boolean,
): ProbeFailure {
  const code = error.code ?? ''
  const known = knownErrors[code]
  if (known) return new ProbeFailure(`${where} ${known}`)
  if (/NO_APPLICATION_PROTOCOL/.test(code)) {
    return http2
      ? noHttp2Offered(where, 'no_application_protocol')
      : new ProbeFailure(
          `${where} refuses HTTP/1.1 (no_application_protocol): the server speaks HTTP/2 only; measure it with --http2`,
        )
  }
  if (/ALERT_CERTIFICATE_REQUIRED/.test(code)) {
    return new ProbeFailure(`${where} asks for a certificate of the client; pass --cert and --key`)
  }
  if (/^(?:EPROTO|ERR_SSL_)/.test(code)) {
    return new ProbeFailure(`${where} makes the TLS handshake fail (${word(code)})`)
  }
  if (isCertificateError(code)) {
    const [fault, remedy] = certificateFaults[code] ?? ['that is not trusted', '--cacert trusts its issuer,']
    return new ProbeFailure(
      `${where} has a certificate ${fault} (${word(code)}); ${remedy} --insecure measures anyway`,
    )
  }
  const what = secured ? 'failed' : 'failed while connecting'
  return new ProbeFailure(`${where} ${what}: ${printable(cut(code || error.message, 80))}`)
}

/** A server that does not choose HTTP/2 by ALPN. @param said - what it chooses instead. */
export function noHttp2Offered(where: string, said: string): ProbeFailure {
  return new ProbeFailure(`${where} does not offer HTTP/2 (ALPN: ${said}); leave out --http2`)
}

/** What a socket was for. */
interface SocketUse {
  readonly target: { readonly where: string }
  readonly http2: boolean
}

const knownErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections. Start the server, or check host and port',
  ECONNRESET: 'ends the connection before it is established',
  ETIMEDOUT: 'does not answer. Check host, port and firewall',
  EHOSTUNREACH: 'cannot be reached from here (EHOSTUNREACH)',
  ENETUNREACH: 'cannot be reached from here (ENETUNREACH)',
}

/** Faults that `--cacert` cannot fix. */
const certificateFaults: Readonly<Record<string, readonly [fault: string, remedy: string]>> = {
  CERT_HAS_EXPIRED: ['that has expired', 'renew it, or'],
  CERT_NOT_YET_VALID: ['that is not valid yet', 'check the clocks, or'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'for other hosts than that of the URL',
    'probe it by a host that it names, or',
  ],
}

/** OpenSSL's codes for an invalid chain, and Node's own for a name that does not match. */
function isCertificateError(code: string): boolean {
  return /CERT|SIGNATURE|ISSUER|CRL|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH/.test(code)
}

function word(code: string): string {
  return printable(cut(code, 60))
}
