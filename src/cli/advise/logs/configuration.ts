import { directiveOf } from '../../../logs/directive.ts'
import { Failure } from '../../failure.ts'
import { apacheFormat } from './apache.ts'
import type { LogFormat } from './entry.ts'
import { nginxFormat } from './nginx.ts'

/**
 * A format as it stands in the server's configuration: the format itself, or the whole directive.
 *
 * @throws Failure for a format that lacks something.
 */
export function configuredFormat(given: string): LogFormat {
  const { server, text } = directiveOf(given)
  if (server === 'nginx') return nginxFormat(text)
  return server === 'apache' ? apacheFormat(text) : formatOf(text)
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
