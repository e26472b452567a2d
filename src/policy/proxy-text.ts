import { readTime } from '../quantities.ts'
import type { ProxyOverride } from './options.ts'

/**
 * A proxy as the command line and the environment name it: `aws-alb`, or `aws-alb:90s` for another idle timeout than its
 * default. What is no id is for the option `behind` to refuse.
 *
 * @returns `undefined` for what is no time.
 */
export function proxyIn(text: string): ProxyOverride['proxy'] | ProxyOverride | undefined {
  const [id = '', ...rest] = text.split(':')
  const proxy = id as ProxyOverride['proxy']
  if (rest.length === 0) return proxy
  const idleTimeout = readTime(rest.join(':'))
  return idleTimeout === undefined ? undefined : { proxy, idleTimeout: Math.round(idleTimeout) }
}
