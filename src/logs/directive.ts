/** A log format, and whose it is where that shows. */
interface Directive {
  readonly server: 'nginx' | 'apache' | undefined
  readonly text: string
}

/**
 * Takes the format out of what stands in a server's configuration: the format itself, or the whole directive: nginx's
 * `log_format name escape=json '…' '…';`, Apache's `LogFormat "…" name` or `CustomLog path "…"`.
 */
export function directiveOf(given: string): Directive {
  const text = given.trim()
  const ofNginx = /^log_format\s+\S+\s+(?:escape=\w+\s+)?([\s\S]*)$/.exec(text)
  if (ofNginx) return { server: 'nginx', text: joined(ofNginx[1]!) }
  const ofApache = /^(?:LogFormat|CustomLog\s+(?:"[^"]*"|\S+)|GlobalLog\s+\S+)\s+(["'][\s\S]*)$/i.exec(text)
  if (ofApache) return { server: 'apache', text: unquoted(ofApache[1]!) }
  // nginx's quoted strings without the directive before them.
  if (/^'[\s\S]*'\s*;?$/.test(text)) return { server: undefined, text: joined(text) }
  return { server: undefined, text: unescaped(text) }
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' }

const unescaped = (text: string): string =>
  text.replace(/\\([tnr"'\\])/g, (_, code: string) => escapes[code] ?? code)

/** The strings of an nginx directive, one after the other: quoted ones, or bare words. */
function joined(text: string): string {
  const parts = [...text.matchAll(/'((?:\\[\s\S]|[^'\\])*)'|"((?:\\[\s\S]|[^"\\])*)"|([^\s;'"]+)/g)]
  return parts.map(([, single, double, bare]) => unescaped(single ?? double ?? bare!)).join('')
}

/** The first string of an Apache directive: what comes after it is the format's name. */
function unquoted(text: string): string {
  const [, double, single] = /^"((?:\\[\s\S]|[^"\\])*)"|^'((?:\\[\s\S]|[^'\\])*)'/.exec(text) ?? []
  return unescaped(double ?? single ?? text)
}
