import { Failure } from '../../failure.ts'
import { apacheFormat } from './apache.ts'
import type { LogFormat } from './entry.ts'
import { nginxFormat } from './nginx.ts'

/**
 * A format from the server's configuration: the format alone, or the whole directive, such as nginx's
 * `log_format name escape=json '…' '…';`, Apache's `LogFormat "…" name` or `CustomLog path "…"`.
 *
 * @throws Failure for a format that lacks something.
 */
export function configuredFormat(given: string): LogFormat {
  const text = given.trim()
  const ofNginx = /^log_format\s+\S+\s+(?:escape=\w+\s+)?([\s\S]*)$/.exec(text)
  if (ofNginx) return nginxFormat(joined(ofNginx[1]!))
  const ofApache = /^(?:LogFormat|CustomLog\s+(?:"[^"]*"|\S+)|GlobalLog\s+\S+)\s+(["'][\s\S]*)$/i.exec(text)
  if (ofApache) return apacheFormat(unquoted(ofApache[1]!))
  // nginx's quoted strings without their directive.
  if (/^'[\s\S]*'\s*;?$/.test(text)) return formatOf(joined(text))
  return formatOf(unescaped(text))
}

function formatOf(text: string): LogFormat {
  if (/%START_TIME|%DURATION%|%REQ\(/.test(text)) throw unread('Envoy', "Envoy's and Istio's own formats")
  if (/%\[|%(?:ci|cp|tr|TR|ST|Ta|HM|HU)\b/.test(text)) throw unread('HAProxy', 'option httplog')
  if (/\$\{?\w/.test(text)) return nginxFormat(text)
  if (/%[<>!\d,]*(?:\{[^}]*\})?[A-Za-z]/.test(text)) return apacheFormat(text)
  throw new Failure(
    'the log format has neither variables, such as $connection, nor directives, such as %k',
    "give the line of the server's configuration that has the format, in single quotes",
  )
}

const unread = (server: string, own: string): Failure =>
  new Failure(
    `--format takes formats of nginx and Apache, and this is a format of ${server}`,
    `log by ${own}, and leave out --format: these lines are recognized`,
  )

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' }

const unescaped = (text: string): string =>
  text.replace(/\\([tnr"'\\])/g, (_, code: string) => escapes[code] ?? code)

/** The strings of an nginx directive: quoted strings, or bare words. */
function joined(text: string): string {
  const parts = [...text.matchAll(/'((?:\\[\s\S]|[^'\\])*)'|"((?:\\[\s\S]|[^"\\])*)"|([^\s;'"]+)/g)]
  return parts.map(([, single, double, bare]) => unescaped(single ?? double ?? bare!)).join('')
}

/** The first string of an Apache directive; the format's name follows. */
function unquoted(text: string): string {
  const [, double, single] = /^"((?:\\[\s\S]|[^"\\])*)"|^'((?:\\[\s\S]|[^'\\])*)'/.exec(text) ?? []
  return unescaped(double ?? single ?? text)
}
