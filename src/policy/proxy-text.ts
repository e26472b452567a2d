import { readTime } from '../quantities.ts'
import type { ProxyOverride } from './options.ts'

/**
 * Reads a proxy as the command line and the environment name it: `aws-alb`, or `aws-alb:90s` for another idle timeout than
 * the default. The option `behind` checks the id.
 *
 * @returns `undefined` if the part after the colon is not a time.
 */
export function proxyIn(text: string): ProxyOverride['proxy'] | ProxyOverride | undefined {
  const [id = '', ...rest] = text.split(':')
  const proxy = id as ProxyOverride['proxy']
  if (rest.length === 0) return proxy
  const idleTimeout = readTime(rest.join(':'))
  return idleTimeout === undefined ? undefined : { proxy, idleTimeout: Math.round(idleTimeout) }
}

/** What to write in place of a text that `proxyIn()` refuses: `nginx:60` → `nginx:60s`. A bare number below 1,000 is in seconds. */
export function proxyExample(text: string): string {
  const [id = '', time = ''] = text.split(':')
  const [digits = '90'] = /^\d{1,9}$/.exec(time.trim()) ?? []
  return `${id}:${digits}${Number(digits) < 1_000 ? 's' : 'ms'}`
}
