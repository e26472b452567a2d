import type { LogReader } from '../failure.ts'
import { albLog } from './alb.ts'
import { apacheError } from './apache-error.ts'
import { caddyLog } from './caddy.ts'
import { envoyJson, envoyText } from './envoy.ts'
import { haproxyLog } from './haproxy.ts'
import { accessFormats, nginxAccess, nginxFormats, nginxJson } from './nginx-access.ts'
import { nginxError } from './nginx-error.ts'
import { traefikAccess, traefikLog } from './traefik.ts'
import { varnishLog } from './varnish.ts'

/** The formats that are recognized; what more than one could read belongs to the first. */
const candidates: readonly (() => LogReader)[] = [
  nginxError,
  apacheError,
  haproxyLog,
  albLog,
  varnishLog,
  envoyText,
  envoyJson,
  caddyLog,
  traefikAccess,
  traefikLog,
  ...nginxFormats.map((format) => () => nginxAccess(format)!),
  nginxJson,
  ...accessFormats.map((format) => () => nginxAccess(format, 'access')!),
]

/** The format of a log by its first lines; `undefined` where none fits half of them. */
export function recognise(lines: readonly string[]): LogReader | undefined {
  let best: { readonly make: () => LogReader; readonly fit: number } | undefined
  for (const make of candidates) {
    const { read } = make()
    const fit = lines.filter((line) => read(line) !== 'bad').length
    if (fit * 2 >= lines.length && fit > (best?.fit ?? 0)) best = { make, fit }
  }
  return best?.make()
}
