import type { IncomingMessage, ServerResponse } from 'node:http'

/** Who calls a middleware or a plugin. `express` includes connect. `other` calls with a context and `next`. */
export type Framework = 'express' | 'koa' | 'fastify' | 'node' | 'other'

/** A framework's call of a middleware or plugin. */
export interface FrameworkCall {
  readonly framework: Framework
  /** Node's own objects; `undefined` if the call is not about a request, or does not show it. */
  readonly request: { readonly req: IncomingMessage; readonly res: ServerResponse } | undefined
  /** Makes a registration fail; `undefined` if the call is not a registration. */
  readonly fail: ((error: Error) => void) | undefined
  /** Continues as the framework expects. Its result must be returned to the framework. */
  pass(): unknown
}

type Callback = (error?: unknown) => unknown

/**
 * Detects by its arguments which framework calls; `undefined` if none does. It looks at the shape of the arguments, because
 * the classes of the frameworks are not available here.
 */
export function frameworkCall(args: readonly unknown[]): FrameworkCall | undefined {
  const [first, second, third] = args
  // Options alone are not inspected: they may be anything, even a proxy that throws.
  if (!isObject(first) || (typeof second !== 'function' && !isObject(second))) return undefined
  const next = typeof second === 'function' ? (second as Callback) : undefined
  const done = typeof third === 'function' ? (third as Callback) : undefined
  const { req, res, raw } = first as { req?: unknown; res?: unknown; raw?: unknown }
  if (next && isRequest(req)) return call('koa', next, { req, res: res as ServerResponse })
  if (next && !done && !isPlain(first)) return call('other', next)
  if (isRequest(first))
    return call(done ? 'express' : 'node', done, { req: first, res: second as ServerResponse })
  if (isRequest(raw))
    return call('fastify', done, { req: raw, res: (second as { raw?: unknown }).raw as ServerResponse })
  if (done && isFastify(first)) return { ...call('fastify', done), fail: done }
  return undefined
}

/** The call of a framework that does not pass Node's own request and response first. Express and connect do. */
export function foreignCall(args: readonly unknown[]): FrameworkCall | undefined {
  return isRequest(args[0]) ? undefined : frameworkCall(args)
}

function call(
  framework: Framework,
  goOn: Callback | undefined,
  request?: FrameworkCall['request'],
): FrameworkCall {
  return { framework, request, fail: undefined, pass: () => goOn?.() }
}

/** HTTP/1 or HTTP/2, from Node or a fake for a test. */
function isRequest(value: unknown): value is IncomingMessage {
  return isObject(value) && typeof (value as { httpVersion?: unknown }).httpVersion === 'string'
}

function isFastify(app: object): boolean {
  const { register, decorate } = app as { register?: unknown; decorate?: unknown }
  return typeof register === 'function' && typeof decorate === 'function'
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Plain options, which an app may have passed together with a function. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
