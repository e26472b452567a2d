import type { IncomingMessage, ServerResponse } from 'node:http'
import { printableJson } from '../words.ts'
import type { Asset } from './assets.ts'

/**
 * What every response of the page says. The script can make no HTML out of text: the browser itself forbids it
 * (Trusted Types).
 */
export const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store, no-transform',
}

/** Sends a whole response; of one to HEAD the head alone. Where something else has answered meanwhile, nothing. */
function send(
  { method }: IncomingMessage,
  res: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  more: Readonly<Record<string, string>> = {},
): void {
  if (res.headersSent || res.destroyed) return
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body)
  res.writeHead(status, { ...headers, 'Content-Type': type, 'Content-Length': bytes.length, ...more })
  res.end(method === 'HEAD' ? undefined : bytes)
}

export function sendText(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  text: string,
  more?: Readonly<Record<string, string>>,
): void {
  send(req, res, status, 'text/plain; charset=utf-8', `${text}\n`, more)
}

export function sendHtml(req: IncomingMessage, res: ServerResponse, html: string): void {
  send(req, res, 200, 'text/html; charset=utf-8', html)
}

export function sendJson(req: IncomingMessage, res: ServerResponse, value: unknown): void {
  send(req, res, 200, 'application/json; charset=utf-8', printableJson(value))
}

export function sendAsset(req: IncomingMessage, res: ServerResponse, { type, plain, gzipped }: Asset): void {
  const packed = takesGzip(req.headers['accept-encoding'])
  const more = packed ? { 'Content-Encoding': 'gzip' } : undefined
  send(req, res, 200, type, packed ? gzipped : plain, { Vary: 'Accept-Encoding', ...more })
}

/** `gzip` without `q=0` (RFC 9110, section 12.5.3). */
function takesGzip(accepted: string | string[] | undefined): boolean {
  return /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)/i.test(String(accepted ?? ''))
}
